import type { Box, Point } from '../image/box.js';
import { type QuarterTurns, type RgbImage, turnImage } from '../image/image.js';
import { poseOf } from '../image/pose.js';
import { type Size, shrinkTo } from '../image/resize-area.js';
import type { DetectedFace, Detector, DetectorName } from './detector.js';

/** Confidences of a detector by which a face that stands upright is told from one that lies. */
export interface UprightLevels {
  /** A surer face stands upright: no other rotation is tried. */
  readonly sure: number;
  /** A face of another rotation must be at least so sure. */
  readonly least: number;
}

/**
 * The landmarks do not tell: all networks place them on a lying face as if it stood. Measured on 60 photos of LFW, each
 * in all four rotations: of the upright ones, MTCNN, YuNet and Haar turn none, SSD one; of the 180 others, MTCNN turns 178
 * back, YuNet 180, Haar 178, and SSD 146 (of the other 34, in 14 no face is found).
 */
export const UPRIGHT_LEVELS: Readonly<Record<DetectorName, UprightLevels>> = {
  mtcnn: { sure: 0.995, least: 0.99 },
  yunet: { sure: 0.905, least: 0.9 },
  ssd: { sure: 0.95, least: 0.8 },
  haar: { sure: 0.95, least: 0.85 },
};

/** Side at which the other rotations are tried. */
const TRIAL_SIDE_PX = 640;
/** A face that leans further stands better after a quarter turn. */
const MAX_LEAN_DEGREES = 45;
/** By how much surer the face of another rotation must be: SSD is nearly as sure of lying faces. */
const MARGIN: Partial<Record<string, number>> = { ssd: 0.05 };

export interface UprightFaces {
  /** As given, or turned. */
  readonly image: RgbImage;
  /** Clockwise quarter turns of `image` from the given one. */
  readonly turns: QuarterTurns;
  readonly faces: readonly DetectedFace[];
}

export const asGiven = (image: RgbImage, faces: readonly DetectedFace[]): UprightFaces => ({ image, turns: 0, faces });

/**
 * Where no face is found that is sure to stand upright, a small copy of the photo is searched in the other three
 * rotations; the best of them, if it is better, is searched again at full size.
 * @param faces what was found in the image as it is, by descending confidence
 */
export async function turnUpright(
  detector: Detector,
  image: RgbImage,
  faces: readonly DetectedFace[],
  { sure, least }: UprightLevels,
): Promise<UprightFaces> {
  const leans = faces.length > 0 && leansFar(faces[0]);
  if (faces.length > 0 && faces[0].confidence >= sure && !leans) return asGiven(image, faces);
  const small = shrinkTo(image, TRIAL_SIDE_PX);
  let turns: QuarterTurns = 0;
  let best = faces.length === 0 || leans ? 0 : faces[0].confidence + (MARGIN[detector.id] ?? 0);
  for (const candidate of [1, 2, 3] as const) {
    const face = (await detector.detect(turnImage(small, candidate))).at(0);
    if (!face || face.confidence < least || face.confidence <= best || leansFar(face)) continue;
    [turns, best] = [candidate, face.confidence];
  }
  if (turns === 0) return asGiven(image, faces);
  const turned = turnImage(image, turns);
  const found = await detector.detect(turned);
  return found.length === 0 ? asGiven(image, faces) : { image: turned, turns, faces: found };
}

function leansFar({ landmarks }: DetectedFace): boolean {
  return landmarks !== null && Math.abs(poseOf(landmarks)?.roll ?? 0) > MAX_LEAN_DEGREES;
}

/**
 * Where a point of a turned picture lies in the picture before.
 * @param turned size of the turned picture
 */
export function pointBefore({ x, y }: Point, turns: QuarterTurns, { width, height }: Size): Point {
  if (turns === 1) return { x: y, y: width - x };
  if (turns === 2) return { x: width - x, y: height - y };
  return turns === 3 ? { x: height - y, y: x } : { x, y };
}

/** As {@link pointBefore}, for a box. */
export function boxBefore({ x, y, width, height }: Box, turns: QuarterTurns, turned: Size): Box {
  const a = pointBefore({ x, y }, turns, turned);
  const b = pointBefore({ x: x + width, y: y + height }, turns, turned);
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}
