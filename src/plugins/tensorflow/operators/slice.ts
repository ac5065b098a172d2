import type { Handler } from '../node-view.js';
import { axisIn } from '../value.js';

/** ONNX `Slice(x, starts, ends, axes?)` with constants, in steps of one. */
export const slice: Handler = (node, tf) => {
  const [starts, ends] = [node.numbers(1), node.numbers(2)];
  const axes = node.has(3) ? node.numbers(3) : starts.map((_, axis) => axis);
  if (node.has(4) && node.numbers(4).some((step) => step !== 1)) throw node.unsupported('in steps');
  return {
    reads: [0],
    run([x]) {
      const begin = x.tensor.shape.map(() => 0);
      const size = [...x.tensor.shape];
      axes.forEach((axis, i) => {
        const at = axisIn(x, axis);
        const length = x.tensor.shape[at];
        begin[at] = withinList(starts[i], length);
        size[at] = Math.max(0, withinList(ends[i], length) - begin[at]);
      });
      return [{ ...x, tensor: tf.slice(x.tensor, begin, size) }];
    },
  };
};

/** Negative places count from the end; those outside of the list are moved to its ends. */
function withinList(place: number, length: number): number {
  return Math.min(length, Math.max(0, place < 0 ? place + length : place));
}
