import type { Handler } from '../node-view.js';
import { inOrderOf } from '../value.js';

/** ONNX `Pad(x, pads, value?; mode constant)`: pads in front of every axis, then behind. */
export const pad: Handler = (node, tf) => {
  const mode = node.text('mode', 'constant');
  if (mode !== 'constant') throw node.unsupported(`with mode ${mode}`);
  const pads = node.numbers(1);
  if (pads.some((pixels) => pixels < 0)) throw node.unsupported('that cuts off');
  const value = node.scalar(2, 0);
  const rank = pads.length / 2;
  const perAxis = Array.from({ length: rank }, (_, axis): [number, number] => [pads[axis], pads[axis + rank]]);
  return { reads: [0], run: ([x]) => [{ ...x, tensor: tf.pad(x.tensor, inOrderOf(x, perAxis), value) }] };
};
