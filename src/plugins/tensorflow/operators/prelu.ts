import type { Handler } from '../node-view.js';
import { aligned, channelsLast, toChannelsLast } from '../value.js';

/**
 * ONNX `PRelu(x, slope)`: x where positive, slope · x elsewhere. The WebAssembly backend takes the slope as one value a
 * channel, the last axis, whatever its shape says.
 */
export const prelu: Handler = (_node, tf) => ({
  reads: [0, 1],
  run([x, slope]) {
    const images = x.tensor.rank === 4 ? channelsLast(toChannelsLast(tf, x)) : x;
    const { tensors, channelsLast: isLast } = aligned(tf, [images, slope]);
    const [value, alpha] = tensors;
    const isPerChannel = alpha.size === 1 || (alpha.size === value.shape.at(-1) && alpha.shape.at(-1) === alpha.size);
    const tensor = isPerChannel
      ? tf.prelu(value, alpha)
      : tf.sub(tf.relu(value), tf.mul(alpha, tf.relu(tf.neg(value))));
    return [{ tensor, channelsLast: isLast }];
  },
});
