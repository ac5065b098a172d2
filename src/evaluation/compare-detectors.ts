import { countPairs, type Box } from '../faces/image/box.js';
import { decodeImage } from '../faces/image/decode.js';
import { sharp } from '../faces/image/sharp.js';
import type { RgbImage } from '../faces/image/image.js';
import type { Detection, Face } from '../faces/pipeline/pipeline.js';

/** Detections of one detector in the photos that all detectors could process, in the same order. */
export interface DetectorRun {
  readonly detector: string;
  readonly detections: readonly Detection[];
}

export interface DetectorSummary {
  readonly detector: string;
  readonly photos: number;
  readonly faces: number;
  readonly photosWithoutFace: number;
  /** Detection time, without decoding. */
  readonly msPerMegapixel: number;
  /** Number of this detector's faces that each other detector found as well. */
  readonly alsoFoundBy: Readonly<Record<string, number>>;
}

/** Compares detectors on the same photos. */
export function compareDetectors(runs: readonly DetectorRun[]): DetectorSummary[] {
  return runs.map((run) => {
    const { detector, detections } = run;
    const megapixels = total(detections, ({ image }) => (image.width * image.height) / 1e6);
    const others = runs.filter((other) => other !== run);
    return {
      detector,
      photos: detections.length,
      faces: total(detections, ({ faces }) => faces.length),
      photosWithoutFace: total(detections, ({ faces }) => (faces.length === 0 ? 1 : 0)),
      msPerMegapixel: total(detections, ({ timingsMs }) => timingsMs.detect) / megapixels,
      alsoFoundBy: Object.fromEntries(others.map((other) => [other.detector, agreement(run, other)])),
    };
  });
}

function agreement(a: DetectorRun, b: DetectorRun): number {
  const boxes = ({ faces }: Detection) => faces.map(({ box }) => box);
  return a.detections.reduce((sum, found, i) => sum + countPairs(boxes(found), boxes(b.detections[i])), 0);
}

function total(detections: readonly Detection[], of: (detection: Detection) => number): number {
  return detections.reduce((sum, detection) => sum + of(detection), 0);
}

/** Distinguishable for colour-blind readers. Source: Okabe and Ito, Color Universal Design, 2008. */
export const DETECTOR_COLOURS: Readonly<Record<string, { readonly name: string; readonly rgb: Colour }>> = {
  mtcnn: { name: 'orange', rgb: [230, 159, 0] },
  ssd: { name: 'sky blue', rgb: [86, 180, 233] },
  haar: { name: 'pink', rgb: [204, 121, 167] },
  yunet: { name: 'green', rgb: [0, 158, 115] },
};
/** Line width as a share of the longer side: 3 pixels for an image of 1000 pixels. */
const LINE_SHARE = 0.003;

/**
 * Draws the boxes of all detectors, each in its colour.
 * @param found detector -> its faces
 * @returns JPEG
 * @throws RostroError as `decodeImage`
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

/** Red, green and blue, 0..255. */
export type Colour = readonly [number, number, number];

/** Draws the outline of a box into an image, clipped to it. */
export function drawBox(image: RgbImage, box: Box, colour: Colour, linePx: number): void {
  const left = Math.round(box.x);
  const top = Math.round(box.y);
  const right = Math.round(box.x + box.width);
  const bottom = Math.round(box.y + box.height);
  fill(image, left, top, right, top + linePx, colour);
  fill(image, left, bottom - linePx, right, bottom, colour);
  fill(image, left, top, left + linePx, bottom, colour);
  fill(image, right - linePx, top, right, bottom, colour);
}

function fill(image: RgbImage, left: number, top: number, right: number, bottom: number, colour: Colour): void {
  const endX = Math.min(right, image.width);
  const endY = Math.min(bottom, image.height);
  for (let y = Math.max(top, 0); y < endY; y++) {
    for (let x = Math.max(left, 0); x < endX; x++) image.data.set(colour, (y * image.width + x) * 3);
  }
}
