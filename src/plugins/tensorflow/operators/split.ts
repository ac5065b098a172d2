import type { Handler } from '../node-view.js';
import { axisIn } from '../value.js';

/** ONNX `Split(x, sizes?; axis)`; without sizes into equal parts. */
export const split: Handler = (node, tf) => {
  const axis = node.int('axis', 0);
  const sizes = node.has(1) ? node.numbers(1) : node.outputCount;
  return {
    reads: [0],
    run: ([x]) => tf.split(x.tensor, sizes, axisIn(x, axis)).map((tensor) => ({ ...x, tensor })),
  };
};
