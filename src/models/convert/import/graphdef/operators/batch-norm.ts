import { channelsOf } from '../../../network.js';
import type { Handler } from '../node-view.js';
import { sizeOf } from '../value.js';

/** Where the file leaves it out: tensorflow/core/ops/nn_ops.cc, REGISTER_OP("FusedBatchNorm"). */
const DEFAULT_EPSILON = 1e-4;

/**
 * TensorFlow `FusedBatchNorm|V2|V3(x, scale, offset, mean, variance; epsilon, is_training, data_format)`, of which the
 * first output: scale * (x - mean) / sqrt(variance + epsilon) + offset. ONNX: a scale and shift.
 */
export const batchNorm: Handler = (node) => {
  node.requireChannelsLast();
  if (node.flag('is_training')) throw node.unsupported('in training');
  const x = node.activation(0);
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => {
    const values = node.constant(index);
    if (sizeOf(values) !== channelsOf(x)) {
      throw node.malformed(`normalises ${channelsOf(x)} channels with ${sizeOf(values)} values`);
    }
    return Float64Array.from(values.read());
  });
  const epsilon = node.number('epsilon', DEFAULT_EPSILON);
  const factor = scale.map((value, c) => value / Math.sqrt(variance[c] + epsilon));
  const shift = offset.map((value, c) => value - mean[c] * factor[c]);
  return { kind: 'scale-shift', name: node.name, inputs: [x], dims: x.dims, affine: { scale: factor, shift } };
};
