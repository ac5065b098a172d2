import type { Handler } from '../node-view.js';
import type { Tf, TfTensor } from '../tensorflow.js';

const OPERATORS = new Map<string, (tf: Tf, x: TfTensor) => TfTensor>([
  ['Exp', (tf, x) => tf.exp(x)],
  ['Identity', (_tf, x) => x],
  ['Reciprocal', (tf, x) => tf.reciprocal(x)],
  ['Relu', (tf, x) => tf.relu(x)],
  ['Sigmoid', (tf, x) => tf.sigmoid(x)],
  ['Sqrt', (tf, x) => tf.sqrt(x)],
]);

/** ONNX `Exp|Identity|Reciprocal|Relu|Sigmoid|Sqrt(x)`: each value by itself. */
export const unary: Handler = (node, tf) => {
  const operator = OPERATORS.get(node.op)!;
  return { reads: [0], run: ([x]) => [{ ...x, tensor: operator(tf, x.tensor) }] };
};
