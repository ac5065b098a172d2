import { describe, expect, it } from 'vitest';
import { RostroError } from '../../../../../src/shared/errors.js';
import {
  type GraphDefTensor,
  parseGraphDef,
  readTensor,
} from '../../../../../src/models/convert/tensorflow/graphdef.js';
import { graphDef, ints, node, tensor, type TensorOptions } from '../../../../helpers/graphdef-writer.js';

function parsedTensor(dims: number[], values: number[], options: TensorOptions): GraphDefTensor {
  const [parsed] = parseGraphDef(
    graphDef([node('c', 'Const', [], { value: { tensor: tensor(dims, values, options) } })]),
  );
  return parsed.attributes.get('value') as GraphDefTensor;
}

function messageOf(bytes: Uint8Array): string {
  try {
    parseGraphDef(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(RostroError);
    expect((error as RostroError).code).toBe('bad_model_file');
    return (error as RostroError).message;
  }
  return 'no error';
}

describe('parseGraphDef', () => {
  it('reads names, operators, values that flow in, and nodes that only have to run before', () => {
    const [first, second] = parseGraphDef(graphDef([node('a/b', 'Switch'), node('c', 'Op', ['a/b:1', 'a/b', '^a/b'])]));
    expect(first).toMatchObject({ name: 'a/b', op: 'Switch', inputs: [], controls: [] });
    expect(second.inputs).toEqual([
      { node: 'a/b', port: 1 },
      { node: 'a/b', port: 0 },
    ]);
    expect(second.controls).toEqual(['a/b']);
  });

  it('reads strings, flags, numbers and lists of integers', () => {
    const attributes = { s: 'SAME', yes: true, no: false, i: { int: -3 }, f: { float: 0.5 }, list: [1, 2, 2, 1] };
    const [{ attributes: parsed }] = parseGraphDef(graphDef([node('a', 'Op', [], attributes)]));
    expect(Object.fromEntries(parsed)).toEqual({ s: 'SAME', yes: true, no: false, i: -3, f: 0.5, list: [1, 2, 2, 1] });
  });

  it('keeps an attribute called __proto__ an attribute', () => {
    const [{ attributes }] = parseGraphDef(graphDef([node('a', 'Op', [], { ['__proto__']: 'x', s: 'y' })]));
    expect([...attributes.keys()]).toContain('s');
    expect(({} as Record<string, unknown>).s).toBeUndefined();
  });
});

describe('readTensor', () => {
  it.each([
    ['float32 content', [2, 2], [1.5, -2, 0, 4], { dtype: 1 }, [1.5, -2, 0, 4]],
    ['float64 content', [2], [0.1, 1e300], { dtype: 2 }, [0.1, 1e300]],
    ['int32 content', [3], [1, -1, 2 ** 31 - 1], { dtype: 3 }, [1, -1, 2 ** 31 - 1]],
    ['int64 content', [2], [-1, 2 ** 40], { dtype: 9 }, [-1, 2 ** 40]],
    ['bool content', [3], [1, 0, 1], { dtype: 10 }, [1, 0, 1]],
    ['listed floats', [3], [1, 2, 3], { dtype: 1, as: 'listed' }, [1, 2, 3]],
    ['listed doubles', [1], [0.1], { dtype: 2, as: 'listed' }, [0.1]],
    ['listed int32', [], [-7], { dtype: 3, as: 'listed' }, [-7]],
    ['listed int64', [2], [-7, 2 ** 40], { dtype: 9, as: 'listed' }, [-7, 2 ** 40]],
    ['listed bools', [2], [0, 1], { dtype: 10, as: 'listed' }, [0, 1]],
    ['one value repeated', [2, 3], [9], { dtype: 1, as: 'listed' }, [9, 9, 9, 9, 9, 9]],
    ['the last of several repeated', [5], [1, 2], { dtype: 3, as: 'listed' }, [1, 2, 2, 2, 2]],
    ['no value at all: zeros', [3], [], { dtype: 1, as: 'listed' }, [0, 0, 0]],
    ['more values than its shape', [1], [4, 5], { dtype: 1, as: 'listed' }, [4]],
    ['an empty tensor', [0], [], { dtype: 1 }, []],
  ] as [string, number[], number[], TensorOptions, number[]][])(
    'reads %s',
    (_title, dims, values, options, expected) => {
      const parsed = parsedTensor(dims, values, options);
      expect(parsed.dims).toEqual(dims);
      const read = readTensor(parsed);
      expect(read).toBeInstanceOf(options.dtype === 1 ? Float32Array : Float64Array);
      expect(Array.from(read)).toEqual(expected);
    },
  );

  it('reads content wherever it lies in the file', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd']) {
      const bytes = graphDef([node(name, 'Const', [], { value: { tensor: tensor([2], [1.25, -3]) } })]);
      const [{ attributes }] = parseGraphDef(bytes);
      expect(Array.from(readTensor(attributes.get('value') as GraphDefTensor))).toEqual([1.25, -3]);
    }
  });

  it('knows the shape of a half-precision tensor, but not its values', () => {
    const half = parsedTensor([2], [0x3c00], { dtype: 19, as: 'listed' });
    expect(half).toMatchObject({ type: null, dims: [2] });
    expect(() => readTensor(half)).toThrow('a tensor of this type cannot be read');
  });
});

describe('a file that is no graph', () => {
  const whole = graphDef([ints('a', [1, 2, 3]), node('b', 'Identity', ['a'])]);
  const constant = (value: Uint8Array): Uint8Array => graphDef([node('w', 'Const', [], { value: { tensor: value } })]);
  const notAGraph = 'not a usable TensorFlow graph: it is truncated or has another format';

  it.each([
    ['nothing', new Uint8Array(0), 'not a usable TensorFlow graph: the file is empty'],
    ['a graph that is cut short', whole.subarray(0, whole.length - 3), notAGraph],
    ['an HTML page', Buffer.from('<!DOCTYPE html><html><body>404</body></html>'), notAGraph],
    [
      'a git-lfs pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n'),
      notAGraph,
    ],
    ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), notAGraph],
    ['zeros', new Uint8Array(64), notAGraph],
    [
      'a record of another message only',
      Uint8Array.of(0x22, 0x02, 0x08, 0x18),
      'not a usable TensorFlow graph: it has no nodes',
    ],
    ['an ONNX model', Uint8Array.of(0x08, 0x08, 0x12, 0x01, 0x61), 'not a usable TensorFlow graph: it has no nodes'],
    [
      'a node without a name',
      graphDef([node('', 'Const')]),
      'not a usable TensorFlow graph: a node has no name or no operator',
    ],
    [
      'a node without an operator',
      graphDef([node('a', '')]),
      'not a usable TensorFlow graph: a node has no name or no operator',
    ],
    [
      'a name twice',
      graphDef([node('a', 'X'), node('a', 'Y')]),
      'not a usable TensorFlow graph: two nodes are called "a"',
    ],
    [
      'a tensor that is shorter than its shape',
      constant(tensor([2, 2], [1, 2, 3])),
      'not a usable TensorFlow graph: the tensor in node "w" holds 12 bytes where its shape [2, 2] needs 16',
    ],
    [
      'a negative dimension',
      constant(tensor([-1], [1], { as: 'listed' })),
      'not a usable TensorFlow graph: the tensor in node "w" has no usable shape',
    ],
    [
      'dimensions beyond counting',
      constant(tensor([...Array<number>(40).fill(2 ** 40), 0], [], { as: 'listed' })),
      'not a usable TensorFlow graph: the tensor in node "w" has no usable shape',
    ],
    [
      'a few bytes that ask for gigabytes',
      constant(tensor([2 ** 30], [1], { as: 'listed' })),
      'not a usable TensorFlow graph: its constants need more memory than any known graph',
    ],
  ])('says so of %s', (_title, bytes, message) => {
    expect(messageOf(bytes)).toBe(message);
  });

  it('says so of groups nested beyond any depth', () => {
    expect(messageOf(Buffer.alloc(2 ** 20, 0x1b))).toBe(notAGraph);
  });

  it('never fails in another way, wherever a file is cut or changed', () => {
    for (let length = 1; length < whole.length; length++) {
      expect(messageOf(whole.subarray(0, length))).toMatch(/^(no error|not a usable TensorFlow graph: .+)$/);
    }
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [0x01, 0x08, 0x80, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] ^= flip;
        expect(messageOf(changed)).toMatch(/^(no error|not a usable TensorFlow graph: .+)$/);
      }
    }
  });
});
