import type { NodeView } from '../node-view.js';
import type { Dims } from '../../../network.js';

/** Larger than any image that a face network looks at. */
const REACH_LIMIT = 4096;

/** How a kernel slides over an image; pairs are [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** ONNX order: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly outputSize: readonly [number, number];
}

/**
 * Reads `strides`, `dilations` and `padding` of a node that slides over NHWC images.
 * SAME gives ceil(size / stride) positions and puts the odd padding pixel at the end, VALID pads nothing
 * (tensorflow/core/framework/common_shape_fns.cc, GetWindowedOutputSizeVerboseV2).
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

/** The height and width of an attribute over NHWC; all ones when the file leaves it out. */
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
