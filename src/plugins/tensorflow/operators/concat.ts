import type { Handler } from '../node-view.js';
import { aligned, axisIn } from '../value.js';

/** ONNX `Concat(x…; axis)`. */
export const concat: Handler = (node, tf) => {
  const axis = node.int('axis', 0);
  return {
    reads: node.inputs,
    run(inputs) {
      const { tensors, channelsLast } = aligned(tf, inputs);
      const at = axisIn({ tensor: tensors[0], channelsLast }, axis);
      return [{ tensor: tf.concat(tensors, at), channelsLast }];
    },
  };
};
