import type { Box, PixelRect } from './box.js';

/** Upright 8-bit colour pixels. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** Row-major, interleaved R G B (HWC), 0..255, length 3 * width * height. */
  readonly data: Uint8Array;
}

export const PHOTO_WARNINGS = ['jpeg_repaired', 'shrunk', 'rotated', 'more_faces'] as const;

/** Something about a photo that did not prevent its use. */
export interface PhotoWarning {
  readonly code: (typeof PHOTO_WARNINGS)[number];
  readonly message: string;
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

/**
 * Exchanges left and right of one or more pictures of equal width, of their rows one after the other.
 * @param channels interleaved values of a pixel; 1 for planes
 */
export function mirrorRows(rows: Float32Array, width: number, channels: number): Float32Array {
  const mirrored = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width * channels) {
    for (let x = 0; x < width; x++) {
      const from = start + (width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) mirrored[start + x * channels + c] = rows[from + c];
    }
  }
  return mirrored;
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
 * The square around a box, in whole pixels, clipped to the image.
 * @param surroundings side of the square in longer sides of the box
 */
export function regionAround(
  { x, y, width, height }: Box,
  surroundings: number,
  image: Pick<RgbImage, 'width' | 'height'>,
): PixelRect {
  const side = Math.max(width, height) * surroundings;
  const [left, columns] = clampedSpan(x + width / 2, side, image.width);
  const [top, rows] = clampedSpan(y + height / 2, side, image.height);
  return { x: left, y: top, width: columns, height: rows };
}

/** Copies a part of an image. */
export function cutOut(image: RgbImage, { x, y, width, height }: PixelRect): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((y + row) * image.width + x);
    data.set(image.data.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { width, height, data };
}

/** Copies what {@link regionAround} describes. */
export function cropAround(image: RgbImage, box: Box, surroundings: number): RgbImage {
  return cutOut(image, regionAround(box, surroundings, image));
}

/** @returns start and length in whole pixels; the length is at least 1 */
function clampedSpan(centre: number, side: number, length: number): [start: number, size: number] {
  const start = Math.min(Math.max(0, Math.floor(centre - side / 2)), length - 1);
  const end = Math.max(start + 1, Math.min(length, Math.ceil(centre + side / 2)));
  return [start, end - start];
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

/** Clockwise quarter turns. */
export type QuarterTurns = 0 | 1 | 2 | 3;

/** The image turned clockwise; itself for no turn. */
export function turnImage(image: RgbImage, turns: QuarterTurns): RgbImage {
  if (turns === 0) return image;
  const { width, height, data } = image;
  const [columns, rows] = turns === 2 ? [width, height] : [height, width];
  const turned = new Uint8Array(data.length);
  // Position of the first pixel of the turned image in the given one, and the steps to the next column and row.
  const first = { 1: width * (height - 1), 2: width * height - 1, 3: width - 1 }[turns];
  const [across, down] = { 1: [-width, 1], 2: [-1, -width], 3: [width, -1] }[turns];
  for (let row = 0, to = 0; row < rows; row++) {
    let from = 3 * (first + row * down);
    for (let column = 0; column < columns; column++, to += 3, from += 3 * across) {
      turned[to] = data[from];
      turned[to + 1] = data[from + 1];
      turned[to + 2] = data[from + 2];
    }
  }
  return { width: columns, height: rows, data: turned };
}
