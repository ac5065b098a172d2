import type { Handler } from '../node-view.js';
import { constant } from '../value.js';

/** TensorFlow `Pack(value…; axis)` of single constants: a list. ONNX: none, it is shape arithmetic. */
export const pack: Handler = (node) => {
  const values = node.values.map((_, i) => {
    const part = node.constant(i);
    if (part.dims.length !== 0) throw node.unsupported('of anything but single numbers');
    return part.read()[0];
  });
  return constant([values.length], values);
};
