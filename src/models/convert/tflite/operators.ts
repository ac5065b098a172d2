import { type Affine, channelsOf, type Dims, IDENTITY, valueName } from '../tensorflow/network.js';
import { UnsupportedOperator } from '../unsupported-operators.js';
import { relu6, unary } from './activation.js';
import { conv2d, depthwiseConv2d, fullyConnected, pool } from './nn.js';
import { prelu } from './prelu.js';
import type { Handler } from './tflite-node.js';

const SHIFT = (shift: Float64Array): Affine => ({ ...IDENTITY, shift });
const SCALE = (scale: Float64Array): Affine => ({ ...IDENTITY, scale });
/** What a constant on the right, or on the left, does to the channels of the other operand. */
const ARITHMETIC: Readonly<
  Record<string, { onnx: string; right: (c: Float64Array) => Affine; left: (c: Float64Array) => Affine }>
> = {
  ADD: { onnx: 'Add', right: SHIFT, left: SHIFT },
  SUB: {
    onnx: 'Sub',
    right: (c) => SHIFT(c.map((value) => -value)),
    left: (c) => ({ scale: c.map(() => -1), shift: c }),
  },
  MUL: { onnx: 'Mul', right: SCALE, left: SCALE },
};

/** TFLite `ADD|SUB|MUL(x, y)`. ONNX: the same of two values of one shape; a scale and shift where one is constant. */
const arithmetic: Handler = (node) => {
  const { onnx, right, left } = ARITHMETIC[node.op];
  if (node.isConstant(0) !== node.isConstant(1)) {
    const [other, side, affineOf] = node.isConstant(1) ? ([0, 1, right] as const) : ([1, 0, left] as const);
    const x = node.activation(other);
    return {
      kind: 'scale-shift',
      name: node.name,
      inputs: [x],
      dims: x.dims,
      affine: affineOf(node.perChannel(side, channelsOf(x))),
    };
  }
  const [x, y] = [node.activation(0), node.activation(1)];
  if (String(x.dims) !== String(y.dims)) throw new UnsupportedOperator(`${node.op} of two shapes`);
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x, y],
    dims: x.dims,
    emit: (builder, inputs) => builder.node(onnx, inputs, {}, valueName(node.name, onnx)),
  };
};

/** TFLite `RESHAPE(x, shape)`: the shape of its result, in which the batch is free. */
const reshape: Handler = (node) => {
  const x = node.activation(0);
  const [batch, ...dims] = node.outputDims();
  const count = (sizes: readonly number[]) => sizes.reduce((product, size) => product * size, 1);
  if (dims.length === 0 || batch === 0 || count(dims) !== count(x.dims.slice(1) as number[]))
    throw node.malformed('reshapes more than one image at a time');
  return { kind: 'reshape', name: node.name, inputs: [x], dims: [null, ...dims] };
};

/** TFLite `SOFTMAX(x; beta)` over the last axis of a vector, beta 1. ONNX `Softmax(x; axis)`. */
const softmax: Handler = (node) => {
  const x = node.activation(0);
  if (x.dims.length !== 2) throw new UnsupportedOperator('SOFTMAX of an image');
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: x.dims,
    emit: (builder, [input]) => builder.node('Softmax', [input], { axis: { int: 1 } }, valueName(node.name, 'Softmax')),
  };
};

/** TFLite `CONCATENATION(x…; axis)` of channels. ONNX `Concat(x…; axis 1)`. */
const concatenation: Handler = (node) => {
  const parts = node.operator.inputs.map((_, i) => node.activation(i));
  const [{ dims }] = parts;
  const axis = node.options.int(0);
  if (axis !== dims.length - 1 && axis !== -1) throw new UnsupportedOperator(`CONCATENATION over axis ${axis}`);
  if (parts.some((part) => String(part.dims.slice(0, -1)) !== String(dims.slice(0, -1))))
    throw node.malformed('joins images of different sizes');
  const channels = parts.reduce((sum, part) => sum + channelsOf(part), 0);
  const joined = [...dims.slice(0, -1), channels] as unknown as Dims;
  return {
    kind: 'plain',
    name: node.name,
    inputs: parts,
    dims: joined,
    emit: (builder, inputs) => builder.node('Concat', inputs, { axis: { int: 1 } }, valueName(node.name, 'Concat')),
  };
};

const UNARY: Readonly<Record<string, string>> = { RELU: 'Relu', ABS: 'Abs', NEG: 'Neg', LOGISTIC: 'Sigmoid' };
const unaryOf: Handler = (node) => unary(node.name, node.activation(0), UNARY[node.op]);

/** By the name in `enum BuiltinOperator`. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['CONV_2D', conv2d],
  ['DEPTHWISE_CONV_2D', depthwiseConv2d],
  ['MAX_POOL_2D', pool],
  ['AVERAGE_POOL_2D', pool],
  ['FULLY_CONNECTED', fullyConnected],
  ['ADD', arithmetic],
  ['SUB', arithmetic],
  ['MUL', arithmetic],
  ['RESHAPE', reshape],
  ['SOFTMAX', softmax],
  ['CONCATENATION', concatenation],
  ['PRELU', prelu],
  ['RELU6', (node) => relu6(node.name, node.activation(0))],
  ...Object.keys(UNARY).map((op): [string, Handler] => [op, unaryOf]),
  // Only of float16 constants, which `Conversion` reads as float32.
  [
    'DEQUANTIZE',
    () => {
      throw new UnsupportedOperator('DEQUANTIZE of a computed value');
    },
  ],
]);
