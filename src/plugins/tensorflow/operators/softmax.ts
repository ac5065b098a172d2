import type { Handler } from '../node-view.js';
import { axisIn } from '../value.js';

/** ONNX `Softmax(x; axis)`. TensorFlow.js knows it along the last axis. */
export const softmax: Handler = (node, tf) => {
  const axis = node.int('axis', -1);
  return {
    reads: [0],
    run([x]) {
      const { tensor } = x;
      const at = axisIn(x, axis);
      const last = tensor.rank - 1;
      if (at === last) return [{ ...x, tensor: tf.softmax(tensor) }];
      const swapped = tensor.shape.map((_, i) => (i === at ? last : i === last ? at : i));
      return [{ ...x, tensor: tf.transpose(tf.softmax(tf.transpose(tensor, swapped)), swapped) }];
    },
  };
};
