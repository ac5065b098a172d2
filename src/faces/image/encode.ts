import sharp from 'sharp';
import type { RgbImage } from './image.js';

const JPEG_QUALITY = 85;

/** Pixels -> a JPEG to look at. */
export function encodeJpeg({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}
