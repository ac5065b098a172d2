import type { NodeView } from './node-view.js';
import type { Tf, TfImages } from './tensorflow.js';

/** How a kernel slides over an image; pairs are [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** ONNX order: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  /** Whether the last window may extend beyond the padded image. */
  readonly ceil: boolean;
}

/** @throws UnsupportedOperator unless there are two sliding dimensions with explicit pads */
export function readWindow(node: NodeView, kernel: readonly number[]): Window {
  if (kernel.length !== 2) throw node.unsupported(`over ${kernel.length} dimensions`);
  const autoPad = node.text('auto_pad', 'NOTSET');
  if (autoPad !== 'NOTSET') throw node.unsupported(`with auto_pad ${autoPad}`);
  return {
    kernel: kernel as [number, number],
    strides: (node.ints('strides') ?? [1, 1]) as [number, number],
    dilations: (node.ints('dilations') ?? [1, 1]) as [number, number],
    pads: (node.ints('pads') ?? [0, 0, 0, 0]) as Window['pads'],
    ceil: node.int('ceil_mode', 0) === 1,
  };
}

/** Pixels before and after the image along one axis. */
type Padding = readonly [before: number, after: number];

export interface Placed {
  /** Padding to add first: rows, then columns; null if `pad` is enough. */
  readonly pads: readonly [Padding, Padding] | null;
  /** As in TensorFlow: `same` keeps ceil(size / stride) and puts the odd pixel at the end. */
  readonly pad: 'valid' | 'same';
}

/** The padding of an image of this size for TensorFlow; not every backend pads by itself. */
export function place(window: Window, height: number, width: number): Placed {
  const axes = [height, width].map((size, axis) => padAxis(window, size, axis));
  const pads: [Padding, Padding] = [axes[0].padding, axes[1].padding];
  if (pads.flat().every((pixels) => pixels === 0)) return { pads: null, pad: 'valid' };
  return axes.every(({ isSame }) => isSame) ? { pads: null, pad: 'same' } : { pads, pad: 'valid' };
}

function padAxis({ kernel, strides, dilations, pads, ceil }: Window, size: number, axis: number) {
  const stride = strides[axis];
  const reach = (kernel[axis] - 1) * dilations[axis] + 1;
  const before = pads[axis];
  let after = pads[axis + 2];
  if (ceil) {
    // A window that would start after the image and its front padding is left out.
    let positions = Math.ceil((size + before + after - reach) / stride) + 1;
    if ((positions - 1) * stride >= size + before) positions--;
    after = Math.max(after, (positions - 1) * stride + reach - size - before);
  }
  const same = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  const isSame = before === Math.floor(same / 2) && after === same - before;
  return { padding: [before, after] as const, isSame };
}

/** @param images NHWC */
export function padImages(tf: Tf, images: TfImages, { pads }: Placed, value: number): TfImages {
  if (pads === null) return images;
  const [rows, columns] = pads;
  return tf.pad(images, [[0, 0], [...rows], [...columns], [0, 0]], value);
}
