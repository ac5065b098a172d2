import type { Handler, NodeView } from '../node-view.js';
import type { Tf, TfImages, TfTensor } from '../tensorflow.js';
import { channelsLast, toChannelsLast } from '../value.js';
import { padImages, place, type Placed, readWindow, type Window } from '../window.js';

type Convolve = (images: TfImages, pad: 'valid' | 'same') => TfImages;

/**
 * ONNX `Conv(x NCHW, filters OIHW, bias?; strides, dilations, pads, group)`, of images. Filters are laid out once, when
 * the network is loaded.
 */
export const conv: Handler = (node, tf) => {
  const { dims } = node.weight(1);
  const [, inEach, ...kernel] = dims;
  const window = readWindow(node, kernel);
  if (window.dilations.some((d) => d > 1) && window.strides.some((s) => s > 1)) {
    throw node.unsupported('with strides and dilations');
  }
  const groups = node.int('group', 1);
  const isDepthwise = groups > 1 && inEach === 1 && window.strides[0] === window.strides[1];
  const convolve = isDepthwise ? depthwise(node, tf, window) : grouped(node, tf, window);
  return {
    reads: [0],
    run([x]) {
      const images = toChannelsLast(tf, x);
      const placed = place(window, images.shape[1], images.shape[2]);
      return [channelsLast(convolve(padImages(tf, images, placed, 0), placed.pad))];
    },
  };
};

/** One filter or more for each channel. */
function depthwise(node: NodeView, tf: Tf, window: Window): Convolve {
  const part = { ...sharedOptions(node, tf, window, 0, node.weight(1).dims[0]), filter: depthwiseFilter(node, tf) };
  return (x, pad) => tf.fused.depthwiseConv2d<TfImages>({ ...part, x, pad });
}

/** As TensorFlow wants it: (height, width, channels, filters a channel). */
function depthwiseFilter(node: NodeView, tf: Tf): TfImages {
  const { dims, data } = node.weight(1);
  const [out, , height, width] = dims;
  const channels = node.int('group', 1);
  return node.hold(() =>
    tf.transpose<TfImages>(tf.tensor4d(data, [channels, out / channels, height, width]), [2, 3, 0, 1]),
  );
}

/** Each group of input channels by itself; mostly there is one. */
function grouped(node: NodeView, tf: Tf, window: Window): Convolve {
  const parts = partsOf(node, tf, window);
  if (parts.length === 1) return (x, pad) => tf.fused.conv2d<TfImages>({ ...parts[0], x, pad });
  return (x, pad) => {
    const slices = tf.split<TfImages>(x, parts.length, 3);
    return tf.concat(
      parts.map((part, i) => tf.fused.conv2d<TfImages>({ ...part, x: slices[i], pad })),
      3,
    );
  };
}

/** The filters of each group as TensorFlow wants them: (height, width, in, out). */
function partsOf(node: NodeView, tf: Tf, window: Window) {
  const { dims, data } = node.weight(1);
  const [out, inEach, height, width] = dims;
  const groups = node.int('group', 1);
  const outEach = out / groups;
  const length = outEach * inEach * height * width;
  return Array.from({ length: groups }, (_, group) => {
    const own = data.subarray(group * length, (group + 1) * length);
    const filter = node.hold(() =>
      tf.transpose<TfImages>(tf.tensor4d(own, [outEach, inEach, height, width]), [2, 3, 1, 0]),
    );
    return { ...sharedOptions(node, tf, window, group * outEach, outEach), filter };
  });
}

/** @param from,count which of the output channels */
function sharedOptions(node: NodeView, tf: Tf, { strides, dilations }: Window, from: number, count: number) {
  const bias: TfTensor | undefined = node.has(2)
    ? node.hold(() => tf.tensor1d(node.weight(2).data.subarray(from, from + count)))
    : undefined;
  return {
    bias,
    strides: [...strides] as [number, number],
    dilations: [...dilations] as [number, number],
  };
}

type Size = [number, number];

/** ONNX `MaxPool(x NCHW; kernel_shape, strides, pads, ceil_mode)`, of images, without `Indices`. */
export const maxPool: Handler = (node, tf) => {
  if (node.outputCount > 1) throw node.unsupported('with the places of the maxima');
  const window = readPoolWindow(node);
  return {
    reads: [0],
    run([x]) {
      const images = toChannelsLast(tf, x);
      const placed = place(window, images.shape[1], images.shape[2]);
      const padded = padImages(tf, images, placed, -Infinity);
      return [channelsLast(tf.maxPool(padded, window.kernel as Size, window.strides as Size, placed.pad))];
    },
  };
};

/** ONNX `AveragePool(x NCHW; kernel_shape, strides, pads, ceil_mode, count_include_pad)`, of images. */
export const averagePool: Handler = (node, tf) => {
  const window = readPoolWindow(node);
  const countsPads = node.int('count_include_pad', 0) === 1;
  if (countsPads && window.ceil) throw node.unsupported('with ceil_mode and count_include_pad');
  return {
    reads: [0],
    run([x]) {
      const images = toChannelsLast(tf, x);
      const [, height, width] = images.shape;
      const placed = place(window, height, width);
      return [channelsLast(countsPads ? withPads(tf, images, window) : withoutPads(tf, images, window, placed))];
    },
  };
};

/**
 * ONNX `Resize(x NCHW, roi, scales; mode nearest, coordinate_transformation_mode asymmetric, nearest_mode floor)`, of images
 * that become larger by whole factors.
 */
export const resize: Handler = (node, tf) => {
  const mode = [
    node.text('mode', 'nearest'),
    node.text('coordinate_transformation_mode', 'half_pixel'),
    node.text('nearest_mode', 'round_prefer_floor'),
  ].join(', ');
  if (mode !== 'nearest, asymmetric, floor') throw node.unsupported(`with ${mode}`);
  if (node.has(3)) throw node.unsupported('with sizes');
  const [n, c, rows, columns] = node.weight(2).data;
  if (n !== 1 || c !== 1 || ![rows, columns].every((factor) => Number.isInteger(factor) && factor >= 1))
    throw node.unsupported('by other than whole factors');
  return {
    reads: [0],
    run([x]) {
      const images = toChannelsLast(tf, x);
      const [, height, width] = images.shape;
      return [channelsLast(tf.image.resizeNearestNeighbor(images, [height * rows, width * columns]))];
    },
  };
};

/** ONNX `BatchNormalization(x NCHW, scale, shift, mean, variance; epsilon)` with constants, of images. */
export const batchNormalization: Handler = (node, tf) => {
  if (node.outputCount > 1) throw node.unsupported('that is being trained');
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => node.weight(index).data);
  const epsilon = node.float('epsilon', 1e-5);
  const factors = scale.map((value, c) => value / Math.sqrt(variance[c] + epsilon));
  const [factor, offset] = [factors, shift.map((value, c) => value - mean[c] * factors[c])].map((values) =>
    node.hold(() => tf.tensor1d(values)),
  );
  return {
    reads: [0],
    run: ([x]) => [channelsLast(tf.add(tf.mul(toChannelsLast(tf, x), factor), offset))],
  };
};

/** ONNX `GlobalAveragePool(x NCHW)`, of images. */
export const globalAveragePool: Handler = (_node, tf) => ({
  reads: [0],
  run([x]) {
    const images = toChannelsLast(tf, x);
    const [, height, width] = images.shape;
    return [channelsLast(height * width === 1 ? images : tf.avgPool(images, [height, width], 1, 'valid'))];
  },
});

function readPoolWindow(node: NodeView): Window {
  const window = readWindow(node, node.ints('kernel_shape') ?? []);
  if (window.dilations.some((dilation) => dilation !== 1)) throw node.unsupported('with dilations');
  return window;
}

function average(tf: Tf, images: TfImages, { kernel, strides }: Window, pad: 'valid' | 'same'): TfImages {
  return tf.avgPool(images, kernel as Size, strides as Size, pad);
}

function withPads(tf: Tf, images: TfImages, window: Window): TfImages {
  const [top, left, bottom, right] = window.pads;
  const pads = [
    [top, bottom],
    [left, right],
  ] as const;
  return average(tf, padImages(tf, images, { pads, pad: 'valid' }, 0), window, 'valid');
}

/** Where TensorFlow has no word for the pads, the average over all is divided by the share of what is no padding. */
function withoutPads(tf: Tf, images: TfImages, window: Window, placed: Placed): TfImages {
  if (placed.pads === null) return average(tf, images, window, placed.pad);
  const [, height, width] = images.shape;
  const averageOf = (x: TfImages) => average(tf, padImages(tf, x, placed, 0), window, 'valid');
  return tf.div(averageOf(images), averageOf(tf.ones([1, height, width, 1])));
}
