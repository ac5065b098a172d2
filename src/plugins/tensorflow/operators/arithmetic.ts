import type { Handler } from '../node-view.js';
import type { Tf, TfTensor } from '../tensorflow.js';
import { aligned } from '../value.js';

const OPERATORS = new Map<string, (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor>([
  ['Add', (tf, a, b) => tf.add(a, b)],
  ['Sub', (tf, a, b) => tf.sub(a, b)],
  ['Mul', (tf, a, b) => tf.mul(a, b)],
  ['Div', (tf, a, b) => tf.div(a, b)],
  ['Max', (tf, a, b) => tf.maximum(a, b)],
  ['Min', (tf, a, b) => tf.minimum(a, b)],
]);

/** ONNX `Add|Sub|Mul|Div(a, b)` and `Max|Min(x…)`, which broadcast as numpy does. */
export const arithmetic: Handler = (node, tf) => {
  const operator = OPERATORS.get(node.op)!;
  return {
    reads: node.inputs,
    run(inputs) {
      const { tensors, channelsLast } = aligned(tf, inputs);
      return [{ tensor: tensors.reduce((a, b) => operator(tf, a, b)), channelsLast }];
    },
  };
};
