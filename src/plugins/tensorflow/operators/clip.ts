import type { Handler } from '../node-view.js';

/** ONNX `Clip(x, min?, max?)`. */
export const clip: Handler = (node, tf) => {
  const [min, max] = [node.scalar(1, -Infinity), node.scalar(2, Infinity)];
  return { reads: [0], run: ([x]) => [{ ...x, tensor: tf.clipByValue(x.tensor, min, max) }] };
};
