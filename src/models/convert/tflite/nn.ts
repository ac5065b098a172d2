import { channelWeight, type Operation, valueName } from '../tensorflow/network.js';
import type { Handler, TfliteNode } from './tflite-node.js';

/** `enum Padding` of the schema. */
const VALID = 1;

/**
 * TFLite `CONV_2D(x NHWC, weights OHWI, bias; padding, stride_w, stride_h, dilation_w, dilation_h)`.
 * ONNX `Conv(x NCHW, weights OIHW, bias)`.
 */
export const conv2d: Handler = (node) => {
  const x = node.image(0);
  const { dims } = node.constant(1);
  const [out, height, width, channels] = dims;
  if (dims.length !== 4 || channels !== x.dims[3])
    throw node.malformed(`has weights [${dims.join(', ')}] for ${x.dims[3]} channels`);
  const window = slidingWindow(node, x, [height, width], { strides: [2, 1], dilations: [5, 4] });
  return convolution(node, x, {
    out,
    group: 1,
    kernel: [height, width],
    window,
    at: (o, c, p) => (o * height * width + p) * channels + c,
  });
};

/**
 * TFLite `DEPTHWISE_CONV_2D(x NHWC, weights 1HWO, bias; …)`, every input channel with its own kernels.
 * ONNX `Conv(x NCHW, weights O1HW, bias; group)`.
 */
export const depthwiseConv2d: Handler = (node) => {
  const x = node.image(0);
  const { dims } = node.constant(1);
  const [one, height, width, out] = dims;
  if (dims.length !== 4 || one !== 1 || out % x.dims[3] !== 0)
    throw node.malformed(`has weights [${dims.join(', ')}] for ${x.dims[3]} channels`);
  const window = slidingWindow(node, x, [height, width], { strides: [2, 1], dilations: [6, 5] });
  return convolution(node, x, {
    out,
    group: x.dims[3],
    kernel: [height, width],
    window,
    at: (o, _c, p) => p * out + o,
  });
};

interface Kernels {
  readonly out: number;
  readonly group: number;
  readonly kernel: readonly [number, number];
  readonly window: Window;
  /** Where the file keeps the weight of an output, an input channel of its group, and a pixel of the kernel. */
  readonly at: (out: number, channel: number, pixel: number) => number;
}

function convolution(
  node: TfliteNode,
  x: ReturnType<TfliteNode['image']>,
  { out, group, kernel: [height, width], window, at }: Kernels,
): Operation {
  const channels = x.dims[3] / group;
  const pixels = height * width;
  const bias = node.has(2) ? node.perChannel(2, out) : null;
  return {
    kind: 'linear',
    name: node.name,
    inputs: [x],
    dims: [null, ...window.outputSize, out],
    affine: { scale: null, shift: bias },
    weightCount: out * channels * pixels,
    emit(builder, input, { scale, shift }) {
      const { values } = node.constant(1);
      const weights = new Float32Array(values.length);
      for (let o = 0, target = 0; o < out; o++) {
        const factor = scale === null ? 1 : scale[o];
        for (let c = 0; c < channels; c++)
          for (let p = 0; p < pixels; p++) weights[target++] = values[at(o, c, p)] * factor;
      }
      const inputs = [input, builder.weight(valueName(node.name, 'Weights'), [out, channels, height, width], weights)];
      if (shift !== null) inputs.push(channelWeight(builder, valueName(node.name, 'Bias'), 2, shift));
      return builder.node(
        'Conv',
        inputs,
        { ...window.attributes, group: { int: group } },
        valueName(node.name, 'Conv'),
      );
    },
  };
}

interface Window {
  readonly outputSize: readonly [number, number];
  readonly attributes: Readonly<Record<string, { ints: readonly number[] }>>;
}

/** Larger than any step over an image that a face network looks at. */
const MAX_STEP = 4096;

/**
 * How a kernel slides over an image. SAME gives ceil(size / stride) positions and puts the odd padding pixel at the end,
 * VALID pads nothing (tensorflow/lite/kernels/padding.h, ComputePaddingHeightWidth).
 * @param fields positions of height and width in the options
 */
function slidingWindow(
  node: TfliteNode,
  x: ReturnType<TfliteNode['image']>,
  kernel: readonly [number, number],
  fields: { strides: readonly [number, number]; dilations?: readonly [number, number] },
): Window {
  const strides = fields.strides.map((field) => node.options.int(field));
  const dilations = (fields.dilations ?? []).map((field) => node.options.int(field, 1));
  if (fields.dilations === undefined) dilations.push(1, 1);
  if ([...strides, ...dilations, ...kernel].some((step) => step < 1 || step > MAX_STEP))
    throw node.malformed('has a step or kernel outside of 1 to 4096');
  const isValid = node.options.byte(0) === VALID;
  const axes = [0, 1].map((axis) => {
    const size = x.dims[axis + 1] as number;
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const positions = isValid ? Math.floor((size - reach) / strides[axis]) + 1 : Math.ceil(size / strides[axis]);
    const padded = isValid ? 0 : Math.max((positions - 1) * strides[axis] + reach - size, 0);
    return { positions, before: Math.floor(padded / 2), after: padded - Math.floor(padded / 2) };
  });
  if (axes.some(({ positions }) => positions < 1)) throw node.malformed('has a kernel that is larger than its image');
  const [rows, columns] = axes;
  return {
    outputSize: [rows.positions, columns.positions],
    attributes: {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: [rows.before, columns.before, rows.after, columns.after] },
    },
  };
}

/** TFLite `MAX_POOL_2D|AVERAGE_POOL_2D(x NHWC; padding, stride_w, stride_h, filter_width, filter_height)`. ONNX: the same; an average counts no padding. */
export const pool: Handler = (node) => {
  const x = node.image(0);
  const window = slidingWindow(node, x, [node.options.int(4), node.options.int(3)], { strides: [2, 1] });
  const { kernel_shape, strides, pads } = window.attributes;
  const isMax = node.op === 'MAX_POOL_2D';
  const op = isMax ? 'MaxPool' : 'AveragePool';
  const attributes = { kernel_shape, strides, pads, ...(isMax ? {} : { count_include_pad: { int: 0 } }) };
  return {
    kind: 'plain',
    name: node.name,
    inputs: [x],
    dims: [null, ...window.outputSize, x.dims[3]],
    emit: (builder, [input]) => builder.node(op, [input], attributes, valueName(node.name, op)),
  };
};

/** TFLite `FULLY_CONNECTED(x, weights [out, in], bias)`, x flattened in NHWC order. ONNX `Gemm(x, weightsᵀ, bias)`. */
export const fullyConnected: Handler = (node) => {
  const source = node.activation(0);
  const { dims } = node.constant(1);
  const [out, from] = dims;
  const size = (source.dims.slice(1) as number[]).reduce((product, axis) => product * axis, 1);
  if (dims.length !== 2 || from !== size) throw node.malformed(`has weights [${dims.join(', ')}] for ${size} values`);
  const x: Operation =
    source.dims.length === 2
      ? source
      : { kind: 'reshape', name: valueName(node.name, 'Flat'), inputs: [source], dims: [null, size] };
  const bias = node.has(2) ? node.perChannel(2, out) : null;
  return {
    kind: 'linear',
    name: node.name,
    inputs: [x],
    dims: [null, out],
    affine: { scale: null, shift: bias },
    weightCount: out * from,
    emit(builder, input, { scale, shift }) {
      const { values } = node.constant(1);
      const weights = scale === null ? values : values.map((value, i) => value * scale[Math.floor(i / from)]);
      const inputs = [input, builder.weight(valueName(node.name, 'Weights'), [out, from], weights)];
      if (shift !== null) inputs.push(channelWeight(builder, valueName(node.name, 'Bias'), 2, shift));
      return builder.node('Gemm', inputs, { transB: { int: 1 } }, valueName(node.name, 'Gemm'));
    },
  };
};
