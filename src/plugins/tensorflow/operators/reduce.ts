import type { Handler, NodeView } from '../node-view.js';
import type { Tf, TfTensor } from '../tensorflow.js';
import { axisIn, plain, toPlain } from '../value.js';

const OPERATORS = new Map<string, (tf: Tf, x: TfTensor, axes: number[]) => TfTensor>([
  ['ReduceMean', (tf, x, axes) => tf.mean(x, axes, true)],
  ['ReduceProd', (tf, x, axes) => tf.prod(x, axes, true)],
  ['ReduceSum', (tf, x, axes) => tf.sum(x, axes, true)],
]);

/** ONNX `ReduceSum(x, axes?; keepdims)`, `ReduceMean|ReduceProd(x; axes?, keepdims)`; no axes mean all of them. */
export const reduce: Handler = (node, tf) => {
  const operator = OPERATORS.get(node.op)!;
  const axes = axesOf(node);
  const keeps = node.int('keepdims', 1) === 1;
  return {
    reads: [0],
    run([x]) {
      const all = axes ?? x.tensor.shape.map((_, axis) => axis);
      const counted = all.map((axis) => (axis < 0 ? axis + x.tensor.rank : axis));
      const kept = {
        ...x,
        tensor: operator(
          tf,
          x.tensor,
          counted.map((axis) => axisIn(x, axis)),
        ),
      };
      if (keeps) return [kept];
      const tensor = toPlain(tf, kept);
      return [
        plain(
          tf.reshape(
            tensor,
            tensor.shape.filter((_, axis) => !counted.includes(axis)),
          ),
        ),
      ];
    },
  };
};

function axesOf(node: NodeView): readonly number[] | undefined {
  if (node.int('noop_with_empty_axes', 0) !== 0) throw node.unsupported('with noop_with_empty_axes');
  if (node.op !== 'ReduceSum') return node.ints('axes');
  return node.has(1) ? node.numbers(1) : undefined;
}
