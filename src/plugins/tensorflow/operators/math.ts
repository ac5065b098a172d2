import type { Handler } from '../node-view.js';
import type { Tf, TfTensor } from '../tensorflow.js';
import { aligned, axisIn, channelsLast, plain, toChannelsLast, toPlain } from '../value.js';

const ARITHMETIC = new Map<string, (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor>([
  ['Add', (tf, a, b) => tf.add(a, b)],
  ['Sub', (tf, a, b) => tf.sub(a, b)],
  ['Mul', (tf, a, b) => tf.mul(a, b)],
  ['Div', (tf, a, b) => tf.div(a, b)],
  ['Max', (tf, a, b) => tf.maximum(a, b)],
  ['Min', (tf, a, b) => tf.minimum(a, b)],
]);

/** ONNX `Add|Sub|Mul|Div(a, b)` and `Max|Min(x…)`, which broadcast as numpy does. */
export const arithmetic: Handler = (node, tf) => {
  const operator = ARITHMETIC.get(node.op)!;
  return {
    reads: node.inputs,
    run(inputs) {
      const { tensors, channelsLast } = aligned(tf, inputs);
      return [{ tensor: tensors.reduce((a, b) => operator(tf, a, b)), channelsLast }];
    },
  };
};

const UNARY = new Map<string, (tf: Tf, x: TfTensor) => TfTensor>([
  ['Exp', (tf, x) => tf.exp(x)],
  ['Identity', (_tf, x) => x],
  ['Reciprocal', (tf, x) => tf.reciprocal(x)],
  ['Relu', (tf, x) => tf.relu(x)],
  ['Sigmoid', (tf, x) => tf.sigmoid(x)],
  ['Sqrt', (tf, x) => tf.sqrt(x)],
]);

/** ONNX `Exp|Identity|Reciprocal|Relu|Sigmoid|Sqrt(x)`: each value by itself. */
export const unary: Handler = (node, tf) => {
  const operator = UNARY.get(node.op)!;
  return { reads: [0], run: ([x]) => [{ ...x, tensor: operator(tf, x.tensor) }] };
};

/** ONNX `Clip(x, min?, max?)`. */
export const clip: Handler = (node, tf) => {
  const [min, max] = [node.scalar(1, -Infinity), node.scalar(2, Infinity)];
  return { reads: [0], run: ([x]) => [{ ...x, tensor: tf.clipByValue(x.tensor, min, max) }] };
};

/** ONNX `Gemm(a, b, c?; alpha, beta, transA, transB)`: alpha · a b + beta · c. */
export const gemm: Handler = (node, tf) => {
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const [transA, transB] = [node.int('transA', 0) === 1, node.int('transB', 0) === 1];
  const scaled = (x: TfTensor, factor: number) => (factor === 1 ? x : tf.mul(x, factor));
  return {
    reads: node.inputs,
    run(inputs) {
      const [a, b, c] = inputs.map((input) => toPlain(tf, input)) as [TfTensor, TfTensor, TfTensor | undefined];
      const product = scaled(tf.matMul(a, b, transA, transB), alpha);
      return [plain(c === undefined ? product : tf.add(product, scaled(c, beta)))];
    },
  };
};

/** ONNX `MatMul(a, b)`. */
export const matMul: Handler = (node, tf) => ({
  reads: node.inputs,
  run: ([a, b]) => [plain(tf.matMul(toPlain(tf, a), toPlain(tf, b)))],
});

/**
 * ONNX `PRelu(x, slope)`: x where positive, slope · x elsewhere. The WebAssembly backend takes the slope as one value a
 * channel, the last axis, whatever its shape says.
 */
export const prelu: Handler = (_node, tf) => ({
  reads: [0, 1],
  run([x, slope]) {
    const images = x.tensor.rank === 4 ? channelsLast(toChannelsLast(tf, x)) : x;
    const { tensors, channelsLast: isLast } = aligned(tf, [images, slope]);
    const [value, alpha] = tensors;
    const isPerChannel = alpha.size === 1 || (alpha.size === value.shape.at(-1) && alpha.shape.at(-1) === alpha.size);
    const tensor = isPerChannel
      ? tf.prelu(value, alpha)
      : tf.sub(tf.relu(value), tf.mul(alpha, tf.relu(tf.neg(value))));
    return [{ tensor, channelsLast: isLast }];
  },
});

/** ONNX `Softmax(x; axis)`. TensorFlow.js knows it along the last axis. */
export const softmax: Handler = (node, tf) => {
  const axis = node.int('axis', -1);
  return {
    reads: [0],
    run([x]) {
      const { tensor } = x;
      const at = axisIn(x, axis);
      const last = tensor.rank - 1;
      if (at === last) return [{ ...x, tensor: tf.softmax(tensor) }];
      const swapped = tensor.shape.map((_, i) => (i === at ? last : i === last ? at : i));
      return [{ ...x, tensor: tf.transpose(tf.softmax(tf.transpose(tensor, swapped)), swapped) }];
    },
  };
};
