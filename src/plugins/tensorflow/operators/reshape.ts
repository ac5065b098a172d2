import type { Handler } from '../node-view.js';
import { plain, toPlain } from '../value.js';

/** ONNX `Reshape(x, shape)`: 0 keeps a dimension, one -1 takes what is left. */
export const reshape: Handler = (node, tf) => {
  const shape = node.numbers(1);
  if (node.int('allowzero', 0) !== 0) throw node.unsupported('with allowzero');
  return {
    reads: [0],
    run([x]) {
      const tensor = toPlain(tf, x);
      return [
        plain(
          tf.reshape(
            tensor,
            shape.map((size, axis) => (size === 0 ? tensor.shape[axis] : size)),
          ),
        ),
      ];
    },
  };
};

/** ONNX `Flatten(x; axis)`: a matrix, its rows what is in front of the axis. */
export const flatten: Handler = (node, tf) => {
  const axis = node.int('axis', 1);
  return {
    reads: [0],
    run([x]) {
      const tensor = toPlain(tf, x);
      const at = axis < 0 ? axis + tensor.rank : axis;
      const rows = tensor.shape.slice(0, at).reduce((product, size) => product * size, 1);
      return [plain(tf.reshape(tensor, [rows, tensor.size / rows]))];
    },
  };
};
