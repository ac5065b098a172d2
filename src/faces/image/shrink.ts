import type { RgbImage } from './image.js';
import { quantise } from './quantise.js';
import { resampleRegion } from './resample.js';

/** The picture with its longer side at most `maxSidePx`; the picture itself where it already is. */
export function shrinkTo(image: RgbImage, maxSidePx: number): RgbImage {
  const scale = maxSidePx / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const pixels = new Float32Array(width * height * 3);
  resampleRegion(image, { x: 0, y: 0, width: image.width, height: image.height }, width, height, pixels);
  return { width, height, data: quantise(pixels) };
}
