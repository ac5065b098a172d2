import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../../../src/shared/errors.js';
import { decodeOnnx, outputDims } from '../../../../../src/models/convert/onnx/onnx-reader.js';
import { encodeOnnx, modelProto, type OnnxGraph } from '../../../../../src/models/convert/onnx/onnx.js';

const GRAPH: OnnxGraph = {
  name: 'example',
  inputs: [{ name: 'x', dims: ['N', 3] }],
  outputs: [{ name: 'y', dims: ['N', 2] }],
  initializers: [
    { name: 'w', dims: [3, 2], data: Float32Array.of(1, -2, 0.5, 3e-38, Infinity, -0) },
    { name: 'shape', dims: [2], data: BigInt64Array.of(-1n, 2n ** 40n) },
    { name: 'one', dims: [], data: Float32Array.of(7) },
  ],
  nodes: [
    {
      op: 'MatMul',
      name: 'first',
      inputs: ['x', 'w'],
      outputs: ['h'],
      attributes: {
        float: { float: 0.5 },
        int: { int: -3 },
        string: { string: 'constant' },
        floats: { floats: [0.25, -1] },
        ints: { ints: [1, -1, 9223372036854] },
      },
    },
    { op: 'Clip', name: 'second', inputs: ['h', '', 'one'], outputs: ['y'], attributes: {} },
  ],
};

type Node = Record<string, unknown>;

/** The example as a message that `change` has spoiled. */
function spoilt(change: (graph: Record<string, Node[]>, model: Record<string, unknown>) => void): Uint8Array {
  const model = modelProto().toObject(modelProto().decode(encodeOnnx(GRAPH)), { arrays: true }) as Record<
    string,
    unknown
  >;
  change(model.graph as Record<string, Node[]>, model);
  return modelProto().encode(modelProto().fromObject(model)).finish();
}

function messageOf(bytes: Uint8Array): string {
  try {
    decodeOnnx(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(RostroError);
    expect((error as RostroError).code).toBe('bad_model_file');
    return (error as RostroError).message.replace('not a usable ONNX model: ', '');
  }
  return 'no error';
}

describe('decodeOnnx', () => {
  it('reads what the writer writes', () => {
    expect(decodeOnnx(encodeOnnx(GRAPH))).toEqual(GRAPH);
  });

  it('copies the weights, wherever they lie in the file', () => {
    const bytes = encodeOnnx(GRAPH);
    for (const offset of [1, 2, 3]) {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      const { initializers } = decodeOnnx(moved.subarray(offset));
      moved.fill(0);
      expect(initializers).toEqual(GRAPH.initializers);
    }
  });

  it.each([
    ['nothing', new Uint8Array(), 'it is empty'],
    ['another file', Buffer.from('<!doctype html><title>404</title>'), 'it is truncated or has another format'],
    ['a model without a graph', spoilt((_, model) => delete model.graph), 'it has no graph'],
    [
      'another opset',
      spoilt((_, model) => (model.opset_import = [{ version: 12 }])),
      'its opset is 12, and 17 is supported',
    ],
    ['no opset', spoilt((_, model) => (model.opset_import = [])), 'its opset is not stated, and 17 is supported'],
    [
      'another element type',
      spoilt(({ initializer }) => (initializer[0].data_type = 10)),
      'the tensor "w" is of type 10; 1 (float32) and 7 (int64) are supported',
    ],
    [
      'too few values',
      spoilt(({ initializer }) => (initializer[0].dims = [4, 2])),
      'the tensor "w" has 24 bytes, which do not fill [4, 2]',
    ],
    [
      'a negative size',
      spoilt(({ initializer }) => (initializer[0].dims = [-3, -2])),
      'the tensor "w" has the shape [-3, -2]',
    ],
    [
      'whole numbers as an input',
      spoilt(({ input }) => (input[0].type = { tensor_type: { elem_type: 7, shape: { dim: [] } } })),
      'the input or output "x" is not a float32 tensor with a shape',
    ],
    [
      'an attribute of another type',
      spoilt(({ node }) => (node[0].attribute = [{ name: 'value', type: 4 }])),
      'the attribute "value" of the node "first" is of type 4, which is not supported',
    ],
    ['a node without an operator', spoilt(({ node }) => delete node[1].op_type), 'the node "second" has no operator'],
    [
      'a node before what it reads',
      spoilt(({ node }) => node.reverse()),
      'the node "second" reads "h", which is not defined before it',
    ],
    ['two values of one name', spoilt(({ node }) => (node[1].output = ['h'])), 'two values are called "h"'],
    ['an output of nothing', spoilt(({ node }) => (node[1].output = ['z'])), 'no node has the output "y"'],
  ])('says what is wrong with %s', (_, bytes, message) => {
    expect(messageOf(bytes)).toBe(message);
  });

  it('refuses a file that is cut short anywhere', () => {
    const bytes = encodeOnnx(GRAPH);
    for (let length = 0; length < bytes.length; length++) {
      expect(messageOf(bytes.subarray(0, length))).not.toBe('no error');
    }
  });
});

describe('outputDims', () => {
  it('tells the shape of an output, without a look at the rest', () => {
    expect(outputDims(encodeOnnx(GRAPH), 'y')).toEqual(['N', 2]);
    const spoiltWeights = spoilt(({ initializer }) => initializer.forEach((tensor) => (tensor.data_type = 99)));
    expect(outputDims(spoiltWeights, 'y')).toEqual(['N', 2]);
  });

  it.each([
    ['an output that it has not', encodeOnnx(GRAPH), 'it has no output "z"'],
    ['an empty file', new Uint8Array(), 'it is empty'],
    ['a file that is cut short', encodeOnnx(GRAPH).subarray(0, -3), 'it is truncated or has another format'],
  ])('refuses %s', (_title, bytes, reason) => {
    expect(() => outputDims(bytes, 'z')).toThrow(
      expect.objectContaining({ code: 'bad_model_file', message: `not a usable ONNX model: ${reason}` }),
    );
  });
});
