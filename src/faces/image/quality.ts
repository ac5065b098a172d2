import { type Box, clipToImage, type Landmarks5 } from './box.js';
import { edgeOf, MAX_OUTSIDE, MIN_LANDMARK_DISTANCE } from './cut-off.js';
import { quantise, type RgbImage, toGrey } from './image.js';
import { poseOf, type Pose } from './pose.js';
import { resampleRegion } from './resample.js';

/** Measures of a face, and how well they suit recognition. */
export interface FaceQuality {
  /** {@link qualityScore}; absent on examples enrolled before it was computed. */
  readonly score?: number | undefined;
  /** What the score is made of; absent like it. */
  readonly parts?: QualityParts | undefined;
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

/** Each 0 to 1: 1 is as good as it gets, 0.5 is the limit of the enrolment warning, 0 is useless. */
export interface QualityParts {
  readonly size: number;
  readonly sharpness: number;
  /** The worst of brightness and contrast. */
  readonly light: number;
  /** The worst of yaw, pitch and roll; 1 without landmarks. */
  readonly pose: number;
  /** How far the face is from being cut by the edge of the picture. */
  readonly edge: number;
  /** The score of the liveness networks; absent where it was not computed. */
  readonly liveness?: number | undefined;
}

/**
 * Limits beyond which an example causes wrong names, measured with bench/quality.ts (docs/benchmarks.md, "What a bad
 * example does"). Angles in degrees. Of 440 ordinary photos of LFW, two or three in a hundred show a head turned or leaning
 * too far; none has another fault.
 */
export const QUALITY_LIMITS = {
  facePx: 40,
  sharpness: 10,
  minBrightness: 0.12,
  maxBrightness: 0.85,
  contrast: 0.035,
  yaw: 45,
  pitch: 40,
  roll: 20,
} as const;

/**
 * A look below this score is worth no name: a third (FaceNet) to a half (face-api) of the looks below it are nearest to a
 * wrong person, 15 to 20 in 100 between it and 0.3 (docs/benchmarks.md, "The quality score"). A whole face of 20 pixels, the
 * smallest that MTCNN looks for by default, is not below it by its size.
 */
export const POOR_SCORE = 0.25;

/**
 * The measures of a face with its score.
 * @param face its box in pixels of the image; parts outside the image are not measured
 * @param liveness 0..1, part of the score where it is known
 */
export function measureQuality(
  image: RgbImage,
  face: { readonly box: Box; readonly landmarks: Landmarks5 | null },
  liveness: number | null = null,
): FaceQuality & { readonly score: number; readonly parts: QualityParts } {
  const visible = clipToImage(face.box, image);
  const grey = normalisedGrey(image, visible);
  const light = meanAndDeviation(grey);
  const measures = {
    facePx: Math.min(visible.width, visible.height),
    sharpness: sharpnessOf(grey, SIDE_PX, light),
    brightness: light.mean / 255,
    contrast: light.deviation / 255,
    pose: face.landmarks && poseOf(face.landmarks),
  };
  const parts = qualityParts(measures, edgeOf(face, image), liveness);
  return { ...measures, score: qualityScore(parts), parts };
}

/**
 * The parts of the score: straight lines from 0 (useless) over 0.5 (the limit) to 1 (no gain beyond). The outer values come
 * from the same table: at the upper ones no right name is lost, at the lower ones most are.
 * @param edge see {@link edgeOf}
 */
export function qualityParts(
  { facePx, sharpness, brightness, contrast, pose }: FaceQuality,
  edge: { readonly outside: number; readonly landmarkDistance: number },
  liveness: number | null = null,
): QualityParts {
  const { yaw, pitch, roll } = pose ?? { yaw: 0, pitch: 0, roll: 0 };
  const limits = QUALITY_LIMITS;
  return {
    // 160: the side of FaceNet's input; a larger face gives it no more detail.
    size: curve(facePx, 0, limits.facePx, 160),
    // 4: a little below the strongest blur that was measured, which has 6.
    sharpness: curve(sharpness, 4, limits.sharpness, 60),
    light: Math.min(
      curve(brightness, 0, limits.minBrightness, 0.25),
      curve(brightness, 1, limits.maxBrightness, 0.75),
      curve(contrast, 0, limits.contrast, 0.08),
    ),
    pose: Math.min(
      curve(Math.abs(yaw), 90, limits.yaw, 15),
      curve(Math.abs(pitch), 90, limits.pitch, 15),
      curve(Math.abs(roll), 60, limits.roll, 10),
    ),
    edge: Math.min(
      curve(edge.outside, 0.5, MAX_OUTSIDE, 0.05),
      curve(edge.landmarkDistance, -0.3, MIN_LANDMARK_DISTANCE, 0.12),
    ),
    ...(liveness === null ? {} : { liveness }),
  };
}

/**
 * One number for a face, 0 to 1: its worst part. Below 0.5, one of the measures is beyond its limit. The minimum predicts the
 * distance to other photos of the person a little better than the product (docs/benchmarks.md, "The quality score").
 */
export function qualityScore(parts: QualityParts): number {
  return Math.min(...Object.values(parts as unknown as Record<string, number>));
}

/** Straight from 0 at `useless` to 0.5 at `limit`, and on to 1 at `best`; rising or falling. */
function curve(value: number, useless: number, limit: number, best: number): number {
  const isBelow = best > useless ? value < limit : value > limit;
  const along = isBelow ? (value - useless) / (limit - useless) : 1 + (value - limit) / (best - limit);
  return Math.min(2, Math.max(0, along)) / 2;
}

/** Reused: new memory for each face makes the garbage collector run more often. */
const pixels = new Float32Array(3 * SIDE_PX * SIDE_PX);

function normalisedGrey(image: RgbImage, region: Box): Uint8Array {
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
export function sharpnessOf(
  grey: Uint8Array,
  side: number,
  { deviation }: { readonly deviation: number } = meanAndDeviation(grey),
): number {
  const responses = new Float64Array((side - 2) ** 2);
  let next = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1, at = y * side + 1; x < side - 1; x++, at++) {
      responses[next++] = 4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - side] - grey[at + side];
    }
  }
  return deviation === 0 ? 0 : (meanAndDeviation(responses).deviation * (NORMAL_DEVIATION / deviation)) ** 2;
}

/** (`for … of` over a typed array takes several times as long.) */
function meanAndDeviation(values: Uint8Array | Float64Array): { mean: number; deviation: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
