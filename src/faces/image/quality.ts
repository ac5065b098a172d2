import { type Box, clipToImage, type Landmarks5 } from './box.js';
import { quantise, type RgbImage, toGrey } from './image.js';
import { poseOf, type Pose } from './pose.js';
import { resampleRegion } from './resample.js';

/** Quality measures of a face as an enrolment example. */
export interface FaceQuality {
  /** Shorter side of the face's box clipped to the photo, whole pixels. */
  readonly facePx: number;
  /**
   * Variance of the Laplacian of the normalised face; see {@link sharpnessOf}. Below 10: blurred; around 100: sharp.
   */
  readonly sharpness: number;
  /** Mean grey, 0 (black) to 1 (white). */
  readonly brightness: number;
  /** Standard deviation of the grey values, 0 to 0.5. */
  readonly contrast: number;
  /** Estimated from the landmarks; null without landmarks. */
  readonly pose: Pose | null;
}

/** All faces are resized to this before measuring; otherwise large faces would always appear blurrier. */
const SIDE_PX = 112;
/** Grey levels, the deviation of a typical face: keeps values comparable to a plain variance of the Laplacian. */
const NORMAL_DEVIATION = 50;

/** @param face its box in pixels of the image; parts outside the image are not measured */
export function measureQuality(
  image: RgbImage,
  face: { readonly box: Box; readonly landmarks: Landmarks5 | null },
): FaceQuality {
  const visible = clipToImage(face.box, image);
  const grey = normalisedGrey(image, visible);
  const { mean, deviation } = meanAndDeviation(grey);
  return {
    facePx: Math.min(visible.width, visible.height),
    sharpness: sharpnessOf(grey, SIDE_PX),
    brightness: mean / 255,
    contrast: deviation / 255,
    pose: face.landmarks && poseOf(face.landmarks),
  };
}

function normalisedGrey(image: RgbImage, region: Box): Uint8Array {
  const pixels = new Float32Array(3 * SIDE_PX * SIDE_PX);
  resampleRegion(image, region, SIDE_PX, SIDE_PX, pixels);
  return toGrey({ width: SIDE_PX, height: SIDE_PX, data: quantise(pixels) }).data;
}

/**
 * Variance of the Laplacian (4 at the centre, -1 at its four neighbours) over all inner pixels, with the grey values
 * scaled to a standard deviation of 50, so that low contrast is not mistaken for blur. Source: Pech-Pacheco et al.,
 * Diatom autofocusing in brightfield microscopy, 2000; the scaling is an addition.
 * @param grey side × side values, 0..255; side at least 3
 * @returns 0 when all grey values are equal
 */
export function sharpnessOf(grey: Uint8Array, side: number): number {
  const responses = new Float64Array((side - 2) ** 2);
  let next = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1, at = y * side + 1; x < side - 1; x++, at++) {
      responses[next++] = 4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - side] - grey[at + side];
    }
  }
  const { deviation } = meanAndDeviation(grey);
  return deviation === 0 ? 0 : (meanAndDeviation(responses).deviation * (NORMAL_DEVIATION / deviation)) ** 2;
}

function meanAndDeviation(values: Uint8Array | Float64Array): { mean: number; deviation: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
