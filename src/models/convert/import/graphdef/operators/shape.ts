import type { Handler } from '../node-view.js';
import { constant } from '../value.js';

/** TensorFlow `Shape(x)`. ONNX: none; all but the batch is known, and the batch is NaN, as `Constant` says. */
export const shape: Handler = (node) => {
  const dims: readonly (number | null)[] = node.value(0).dims;
  return constant(
    [dims.length],
    dims.map((dim) => dim ?? NaN),
  );
};
