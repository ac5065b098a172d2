import { channelsOf, channelWeight, type Dims, IDENTITY, type Linear, valueName } from '../network.js';
import { type Constant, type Handler, type NodeView, sizeOf } from '../node-view.js';
import { scaleShift } from './math.js';

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
 * @param weights [pixels, channels, out], row-major
 * @param scale one factor per output channel, or null
 * @returns [out, channels, pixels], row-major
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

/** Default: tensorflow/core/ops/nn_ops.cc, REGISTER_OP("FusedBatchNorm"). */
const DEFAULT_EPSILON = 1e-4;

/**
 * TensorFlow `FusedBatchNorm|V2|V3(x, scale, offset, mean, variance; epsilon, is_training, data_format)`, first output:
 * scale * (x - mean) / sqrt(variance + epsilon) + offset. ONNX: a scale and shift.
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

/** TensorFlow `BiasAdd(x, bias; data_format)`. ONNX: the bias of the previous layer, otherwise `Add(x, bias)`. */
export const biasAdd: Handler = (node) => {
  node.requireChannelsLast();
  return scaleShift(node, node.activation(0), node.constant(1), (shift) => ({ ...IDENTITY, shift }));
};

/**
 * TensorFlow `MaxPool|AvgPool(x NHWC; ksize, strides, padding, data_format)`.
 * ONNX `MaxPool|AveragePool(x NCHW; kernel_shape, strides, pads)`. Averages exclude padding in both.
 */
export const pool: Handler = (node) => {
  const x = node.activation(0, 4);
  const window = readWindow(node, x.dims, spatial(node, 'ksize'));
  const attributes = {
    kernel_shape: { ints: window.kernel },
    strides: { ints: window.strides },
    pads: { ints: window.pads },
  };
  const [onnx, extra] = node.op === 'MaxPool' ? ['MaxPool', {}] : ['AveragePool', { count_include_pad: { int: 0 } }];
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: [null, ...window.outputSize, channelsOf(x)],
    emit: (builder, inputs) => builder.node(onnx, inputs, { ...attributes, ...extra }, valueName(node.name, onnx)),
  };
};

/** Limit for kernel sizes, strides and dilations: larger than any input of a face network. */
const REACH_LIMIT = 4096;

/** The geometry of a sliding kernel; pairs are [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** ONNX order: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly outputSize: readonly [number, number];
}

/**
 * Reads `strides`, `dilations` and `padding` of a node over NHWC images. SAME gives ceil(size / stride) positions and
 * puts an odd padding pixel at the end; VALID does not pad (tensorflow/core/framework/common_shape_fns.cc,
 * GetWindowedOutputSizeVerboseV2).
 */
export function readWindow(node: NodeView, image: Dims, kernel: readonly [number, number]): Window {
  node.requireChannelsLast();
  const strides = spatial(node, 'strides');
  const dilations = spatial(node, 'dilations');
  const padding = node.text('padding', '');
  if (padding !== 'SAME' && padding !== 'VALID') throw node.unsupported(`with padding ${padding}`);
  const [top, bottom, height] = slide(image[1], kernel[0], strides[0], dilations[0], padding);
  const [left, right, width] = slide(image[2], kernel[1], strides[1], dilations[1], padding);
  if (height < 1 || width < 1) throw node.malformed('has a kernel that is larger than its image');
  return { kernel, strides, dilations, pads: [top, left, bottom, right], outputSize: [height, width] };
}

/** The height and width of an NHWC attribute; ones when the file omits it. */
export function spatial(node: NodeView, key: string): [number, number] {
  const list = node.list(key);
  const [batch, height, width, channel] = list.length === 0 ? [1, 1, 1, 1] : list;
  if (list.length !== 0 && list.length !== 4) throw node.malformed(`has ${list.length} ${key}, not 4`);
  if (batch !== 1 || channel !== 1) throw node.unsupported(`with ${key} over batch or channels`);
  if (!inReach(height) || !inReach(width)) throw node.malformed(`has ${key} outside of 1 to ${REACH_LIMIT}`);
  return [height, width];
}

function inReach(pixels: number): boolean {
  return pixels >= 1 && pixels <= REACH_LIMIT;
}

/** @returns padding before, padding after, and the number of positions */
function slide(size: number, kernel: number, stride: number, dilation: number, padding: string): number[] {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'VALID') return [0, 0, Math.floor((size - reach) / stride) + 1];
  const positions = Math.ceil(size / stride);
  const padded = Math.max((positions - 1) * stride + reach - size, 0);
  const before = Math.floor(padded / 2);
  return [before, padded - before, positions];
}
