import type { Handler, NodeView } from '../node-view.js';
import type { Tf, TfImages } from '../tensorflow.js';
import { channelsLast, toChannelsLast } from '../value.js';
import { padImages, place, readWindow, type Placed, type Window } from '../window.js';

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
