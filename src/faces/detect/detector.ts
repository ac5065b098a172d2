import { type Box, type Landmarks5, pairByOverlap, type Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

/** A detected face, in pixels of the input image. */
export interface DetectedFace {
  readonly box: Box;
  /** Confidence that this is a face, 0..1. */
  readonly confidence: number;
  /** Null for detectors that return boxes only. */
  readonly landmarks: Landmarks5 | null;
  /** The 68 iBUG points, when the detector computes them anyway. */
  readonly landmarks68?: readonly Point[];
}

/** The values of the setting `DETECTOR` besides `auto`. */
export const DETECTORS = ['mtcnn', 'ssd', 'haar', 'yunet'] as const;
export type DetectorName = (typeof DETECTORS)[number];

export interface Detector {
  /** `mtcnn`, `yunet`, `ssd` or `haar`; stored, so it must not change. */
  readonly id: string;
  /** Returns faces by descending confidence; an empty list when there are none. */
  detect(image: RgbImage): Promise<DetectedFace[]>;
  /**
   * Looks for faces near their previous positions, at a fraction of the cost of `detect`. Not implemented by detectors
   * that need the whole image.
   * @param boxes previous positions
   * @returns one face per box; null when the face is lost
   */
  follow?(image: RgbImage, boxes: readonly Box[]): Promise<(DetectedFace | null)[]>;
  dispose(): Promise<void>;
}

/** Minimum IoU of a followed face and its previous box; below it, it is another face. */
const MIN_OVERLAP = 0.3;

/** @returns for each box the face found there; null when there is none */
export function assignFaces(boxes: readonly Box[], found: readonly DetectedFace[]): (DetectedFace | null)[] {
  const pairs = pairByOverlap(
    boxes,
    found.map(({ box }) => box),
    MIN_OVERLAP,
  );
  return pairs.map((index) => (index === null ? null : found[index]));
}
