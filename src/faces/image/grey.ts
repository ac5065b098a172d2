import type { RgbImage } from './image.js';

/**
 * Brightness of every pixel: 0.299 R + 0.587 G + 0.114 B, rounded, in the 15-bit integers that OpenCV uses (modules/
 * imgproc/src/color_rgb.simd.hpp, RGB2Gray), so that the same pixels give the same greys.
 * @returns `data` row-major, 0..255, length width * height
 */
export function toGrey({ width, height, data: rgb }: RgbImage): { width: number; height: number; data: Uint8Array } {
  const data = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    data[i] = (rgb[at] * 9798 + rgb[at + 1] * 19235 + rgb[at + 2] * 3735 + 16384) >> 15;
  }
  return { width, height, data };
}
