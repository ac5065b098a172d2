import { channelWeight } from '../../../layout.js';
import { channelsOf, IDENTITY, valueName } from '../../../network.js';
import type { Handler } from '../node-view.js';
import { sizeOf } from '../value.js';

/** TensorFlow `MatMul(x [N, in], weights [in, out]; transpose_a, transpose_b)`. ONNX `Gemm(x, weights, bias)`. */
export const matmul: Handler = (node) => {
  const x = node.activation(0, 2);
  const weights = node.constant(1);
  if (node.flag('transpose_a') || node.flag('transpose_b')) throw node.unsupported('with a transposed input');
  const [inChannels, out] = weights.dims;
  if (weights.dims.length !== 2) throw node.malformed(`has weights of ${weights.dims.length} dimensions, not 2`);
  if (sizeOf(weights) === 0) throw node.malformed('has no weights');
  if (inChannels !== channelsOf(x)) {
    throw node.malformed(`has weights for ${inChannels} channels but gets ${channelsOf(x)}`);
  }
  return {
    kind: 'linear',
    name: node.name,
    inputs: [x],
    dims: [null, out],
    affine: IDENTITY,
    weightCount: sizeOf(weights),
    emit(builder, input, { scale, shift }) {
      const data = Float32Array.from(weights.read());
      if (scale !== null) for (let i = 0; i < data.length; i++) data[i] *= scale[i % out];
      const inputs = [input, builder.weight(valueName(node.name, 'Weights'), weights.dims, data)];
      if (shift !== null) inputs.push(channelWeight(builder, valueName(node.name, 'Bias'), 2, shift));
      return builder.node('Gemm', inputs, {}, valueName(node.name, 'Gemm'));
    },
  };
};
