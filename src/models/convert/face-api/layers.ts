import { RostroError } from '../../../shared/errors.js';
import type { WeightMap } from './weights-manifest.js';
import type { GraphBuilder, Ref } from '../onnx/graph-builder.js';

/** A square activation, NCHW. */
export interface FeatureMap {
  readonly ref: Ref;
  readonly channels: number;
  /** Height and width. */
  readonly size: number;
}

export interface ConvWeights {
  /** OIHW; for a depthwise convolution O is the channel count and I is 1. */
  readonly filters: Float32Array;
  /** One value per output channel; optional. */
  readonly bias?: Float32Array;
}

export interface ConvShape {
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  /** As in TensorFlow: `same` gives ceil(size / stride) positions and puts an odd row of padding at the end. */
  readonly padding: 'same' | 'valid';
  readonly depthwise?: boolean;
}

/**
 * Returns a tensor after checking its shape.
 * @throws RostroError `bad_model_file`, naming the tensor when it is missing or has another shape
 */
export function readWeight(weights: WeightMap, name: string, dims: readonly number[]): Float32Array {
  const tensor = weights.get(name);
  if (!tensor) throw new RostroError('bad_model_file', `the weights lack the tensor "${name}"`);
  if (tensor.dims.length !== dims.length || tensor.dims.some((dim, axis) => dim !== dims[axis])) {
    throw new RostroError(
      'bad_model_file',
      `the tensor "${name}" has the shape [${tensor.dims.join(', ')}] where the network needs [${dims.join(', ')}]`,
    );
  }
  return tensor.data;
}

/** Reads the filters of a convolution, stored HWIO (height, width, in, out), as OIHW. */
export function readFilters(
  weights: WeightMap,
  name: string,
  kernel: number,
  input: number,
  out: number,
): Float32Array {
  const hwio = readWeight(weights, name, [kernel, kernel, input, out]);
  const oihw = new Float32Array(hwio.length);
  const pixels = kernel * kernel;
  for (let pixel = 0, from = 0; pixel < pixels; pixel++) {
    for (let i = 0; i < input; i++) {
      for (let o = 0; o < out; o++) oihw[(o * input + i) * pixels + pixel] = hwio[from++];
    }
  }
  return oihw;
}

/** Reads the filters of a 3×3 depthwise convolution: (height, width, channels, 1) -> (channels, 1, height, width). */
export function readDepthwiseFilters(weights: WeightMap, name: string, channels: number): Float32Array {
  const stored = readWeight(weights, name, [3, 3, channels, 1]);
  return Float32Array.from(stored, (_, to) => stored[(to % 9) * channels + Math.floor(to / 9)]);
}

/**
 * Folds a scale and an offset after a convolution into it: scale · (filters ∗ x + bias) + offset.
 * @param scale,offset one value per output channel
 */
export function foldScale(conv: ConvWeights, scale: Float32Array, offset: Float32Array): Required<ConvWeights> {
  const perChannel = conv.filters.length / scale.length;
  return {
    filters: conv.filters.map((value, i) => value * scale[Math.floor(i / perChannel)]),
    bias: offset.map((value, channel) => value + scale[channel] * (conv.bias?.[channel] ?? 0)),
  };
}

/**
 * Standardises the pixels: (x - mean) / divisor.
 * @param pixels [N, 3, size, size], R G B, 0..255
 * @param mean one value per channel, R G B, 0..255
 */
export function standardise(graph: GraphBuilder, pixels: Ref, mean: readonly number[], divisor: number): Ref {
  const centred = graph.node('Sub', [pixels, graph.weight('mean', [1, 3, 1, 1], Float32Array.from(mean))]);
  return graph.node('Mul', [centred, graph.weight('scale', [], Float32Array.of(1 / divisor))]);
}

export function conv2d(
  graph: GraphBuilder,
  name: string,
  x: FeatureMap,
  weights: ConvWeights,
  { out, kernel, stride, padding, depthwise = false }: ConvShape,
): FeatureMap {
  const size = padding === 'same' ? Math.ceil(x.size / stride) : Math.floor((x.size - kernel) / stride) + 1;
  const missing = padding === 'same' ? Math.max(0, (size - 1) * stride + kernel - x.size) : 0;
  const before = Math.floor(missing / 2);
  const after = missing - before;
  const inputs = [
    x.ref,
    graph.weight(`${name}/filters`, [out, depthwise ? 1 : x.channels, kernel, kernel], weights.filters),
    ...(weights.bias ? [graph.weight(`${name}/bias`, [out], weights.bias)] : []),
  ];
  const attributes = {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: [before, before, after, after] },
    group: { int: depthwise ? x.channels : 1 },
  };
  return { ref: graph.node('Conv', inputs, attributes, name), channels: out, size };
}

/** A 3×3 depthwise convolution and a 1×1 convolution with bias: the tensors `depthwise_filter`, `pointwise_filter` and `bias`. */
export function separableConv(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: FeatureMap,
  out: number,
  stride: number,
): FeatureMap {
  const depthwise = conv2d(
    graph,
    `${name}/depthwise`,
    x,
    { filters: readDepthwiseFilters(weights, `${name}/depthwise_filter`, x.channels) },
    { out: x.channels, kernel: 3, stride, padding: 'same', depthwise: true },
  );
  const filters = readFilters(weights, `${name}/pointwise_filter`, 1, x.channels, out);
  const bias = readWeight(weights, `${name}/bias`, [out]);
  return conv2d(
    graph,
    `${name}/pointwise`,
    depthwise,
    { filters, bias },
    { out, kernel: 1, stride: 1, padding: 'same' },
  );
}

export function relu(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  return { ...x, ref: graph.node('Relu', [x.ref]) };
}

/** The element-wise sum of feature maps of equal shape. */
export function add(graph: GraphBuilder, ...maps: readonly FeatureMap[]): FeatureMap {
  return maps.reduce((sum, map) => ({ ...sum, ref: graph.node('Add', [sum.ref, map.ref]) }));
}

/** A fully connected layer: the tensors `weights` [input, out] and `bias` [out]. @param x [N, input] */
export function fullyConnected(
  graph: GraphBuilder,
  weights: WeightMap,
  name: string,
  x: Ref,
  [input, out]: readonly [number, number],
): Ref {
  const full = graph.weight(`${name}/weights`, [input, out], readWeight(weights, `${name}/weights`, [input, out]));
  const bias = graph.weight(`${name}/bias`, [out], readWeight(weights, `${name}/bias`, [out]));
  return graph.node('Gemm', [x, full, bias]);
}
