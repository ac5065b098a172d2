import { channelWeight } from '../../../layout.js';
import { channelsOf, IDENTITY, valueName, type Linear } from '../../../network.js';
import type { Handler } from '../node-view.js';
import { sizeOf, type Constant } from '../value.js';
import { readWindow, type Window } from './window.js';

/**
 * TensorFlow `Conv2D(x NHWC, weights HWIO; strides, padding, dilations, data_format)`.
 * ONNX `Conv(x NCHW, weights OIHW, bias; strides, pads, dilations, kernel_shape)`.
 */
export const conv2d: Handler = (node) => {
  const x = node.activation(0, 4);
  const weights = node.constant(1);
  const [kernelHeight, kernelWidth, inChannels, outChannels] = weights.dims;
  if (weights.dims.length !== 4) throw node.malformed(`has weights of ${weights.dims.length} dimensions, not 4`);
  if (sizeOf(weights) === 0) throw node.malformed('has no weights');
  if (inChannels !== channelsOf(x)) {
    throw node.malformed(`has weights for ${inChannels} channels but gets ${channelsOf(x)}`);
  }
  const window = readWindow(node, x.dims, [kernelHeight, kernelWidth]);
  return linearConv(node.name, x, weights, window, outChannels);
};

function linearConv(name: string, x: Linear['inputs'][0], weights: Constant, window: Window, out: number): Linear {
  return {
    kind: 'linear',
    name,
    inputs: [x],
    dims: [null, ...window.outputSize, out],
    affine: IDENTITY,
    weightCount: sizeOf(weights),
    emit(builder, input, { scale, shift }) {
      const [height, width, channels] = weights.dims;
      const kernel = hwioToOihw(weights.read(), height * width, channels, out, scale);
      const inputs = [input, builder.weight(valueName(name, 'Weights'), [out, channels, height, width], kernel)];
      if (shift !== null) inputs.push(channelWeight(builder, valueName(name, 'Bias'), 2, shift));
      const attributes = {
        kernel_shape: { ints: window.kernel },
        strides: { ints: window.strides },
        dilations: { ints: window.dilations },
        pads: { ints: window.pads },
      };
      return builder.node('Conv', inputs, attributes, valueName(name, 'Conv'));
    },
  };
}

/**
 * @param weights [pixels, channels, out] row-major
 * @param scale one factor an output, null for none
 * @returns [out, channels, pixels] row-major
 */
function hwioToOihw(
  weights: Float32Array | Float64Array,
  pixels: number,
  channels: number,
  out: number,
  scale: Float64Array | null,
): Float32Array {
  const result = new Float32Array(weights.length);
  for (let o = 0, target = 0; o < out; o++) {
    const factor = scale === null ? 1 : scale[o];
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) result[target++] = weights[(p * channels + c) * out + o] * factor;
    }
  }
  return result;
}
