import type { RgbImage } from './image.js';

/**
 * The picture with a border of one grey on all four sides.
 * @param borderPx its width, whole pixels
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
