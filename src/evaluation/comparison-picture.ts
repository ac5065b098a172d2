import sharp from 'sharp';
import type { Face } from '../faces/pipeline/pipeline.js';
import { decodeImage } from '../faces/image/decode.js';
import { drawBox, type Colour } from '../faces/image/draw-boxes.js';

/** Told apart by readers who confuse red and green. Source: Okabe and Ito, Color Universal Design, 2008. */
export const DETECTOR_COLOURS: Readonly<Record<string, { readonly name: string; readonly rgb: Colour }>> = {
  mtcnn: { name: 'orange', rgb: [230, 159, 0] },
  ssd: { name: 'sky blue', rgb: [86, 180, 233] },
  haar: { name: 'pink', rgb: [204, 121, 167] },
};
/** Of the longer side; lines of a picture of 1000 pixels are 3 wide. */
const LINE_SHARE = 0.003;

/**
 * The photo with the boxes of every detector in its colour.
 * @param found detector -> the faces that it found
 * @returns JPEG
 * @throws RostroError as `decodeImage` does
 */
export async function comparisonPicture(
  bytes: Uint8Array,
  found: Readonly<Record<string, readonly Face[]>>,
  maxPixels: number,
): Promise<Uint8Array> {
  const image = await decodeImage(bytes, { maxPixels });
  const { width, height, data } = image;
  const linePx = Math.max(2, Math.round(LINE_SHARE * Math.max(width, height)));
  for (const [detector, faces] of Object.entries(found)) {
    for (const { box } of faces) drawBox(image, box, DETECTOR_COLOURS[detector].rgb, linePx);
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}
