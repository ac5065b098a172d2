import type { Box } from './box.js';

/** Upright 8-bit colour pixels. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** Row-major, interleaved R G B (HWC), 0..255, length 3 * width * height. */
  readonly data: Uint8Array;
}

/**
 * Rounds values to bytes, half up. (`Uint8Array.from` with a mapping function takes 30 times as long.)
 * @param pixels 0..255
 */
export function quantise(pixels: Float32Array): Uint8Array {
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) bytes[i] = pixels[i] + 0.5;
  return bytes;
}

/**
 * Converts to grey: 0.299 R + 0.587 G + 0.114 B, rounded, in OpenCV's 15-bit integer arithmetic
 * (modules/imgproc/src/color_rgb.simd.hpp, RGB2Gray), so the results are identical.
 * @returns `data` row-major, 0..255, length width * height
 */
export function toGrey({ width, height, data: rgb }: RgbImage): { width: number; height: number; data: Uint8Array } {
  const data = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    data[i] = (rgb[at] * 9798 + rgb[at + 1] * 19235 + rgb[at + 2] * 3735 + 16384) >> 15;
  }
  return { width, height, data };
}

/** The image with left and right exchanged. */
export function mirrorImage({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    let from = (y * width + width - 1) * 3;
    for (let to = y * width * 3, end = to + width * 3; to < end; to += 3, from -= 3) {
      mirrored[to] = data[from];
      mirrored[to + 1] = data[from + 1];
      mirrored[to + 2] = data[from + 2];
    }
  }
  return { width, height, data: mirrored };
}

/** The position of a box in the mirrored image. @param imageWidth pixels */
export function mirrorBox({ x, y, width, height }: Box, imageWidth: number): Box {
  return { x: imageWidth - x - width, y, width, height };
}

/**
 * Adds a border of one grey on all four sides.
 * @param borderPx width of the border, whole pixels
 * @param grey 0..255
 */
export function padImage(image: RgbImage, borderPx: number, grey: number): RgbImage {
  const width = image.width + 2 * borderPx;
  const height = image.height + 2 * borderPx;
  const data = new Uint8Array(3 * width * height).fill(grey);
  const rowLength = 3 * image.width;
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * rowLength, (y + 1) * rowLength);
    data.set(row, 3 * ((y + borderPx) * width + borderPx));
  }
  return { width, height, data };
}

/**
 * Copies a square around a box, clipped to the image.
 * @param surroundings side of the square in longer sides of the box
 */
export function cropAround(image: RgbImage, box: Box, surroundings: number): RgbImage {
  const side = Math.max(box.width, box.height) * surroundings;
  const [left, width] = clampedSpan(box.x + box.width / 2, side, image.width);
  const [top, height] = clampedSpan(box.y + box.height / 2, side, image.height);
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((top + row) * image.width + left);
    data.set(image.data.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { width, height, data };
}

/** @returns start and length in whole pixels; the length is at least 1 */
function clampedSpan(centre: number, side: number, length: number): [start: number, size: number] {
  const start = Math.min(Math.max(0, Math.floor(centre - side / 2)), length - 1);
  const end = Math.max(start + 1, Math.min(length, Math.ceil(centre + side / 2)));
  return [start, end - start];
}
