import sharp from 'sharp';
import type { RgbImage } from '../../src/faces/image/image.js';

/** A photo as upright RGB pixels, optionally squeezed to a size. */
export async function readPhoto(path: string, size?: { width: number; height: number }): Promise<RgbImage> {
  const upright = sharp(path).rotate();
  const sized = size ? upright.resize({ ...size, fit: 'fill' }) : upright;
  const { data, info } = await sized.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** A part of an image, given in whole pixels inside it. */
export function cut(image: RgbImage, x: number, y: number, width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * image.width + x) * 3;
    data.set(image.data.subarray(start, start + 3 * width), row * width * 3);
  }
  return { width, height, data };
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values cannot be compared with ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

export function euclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot(...Array.from(a, (value, i) => value - b[i]));
}
