import { type Box, type Landmarks5, pairByOverlap, type Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import type { Size } from '../image/resize-area.js';

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
  /** No more faces of a photo are returned; undefined where there is no limit. */
  readonly mostFaces?: number;
  /** Width of the smallest face that is looked for in an image of this size, pixels of the image. */
  smallestFacePx(size: Size): number;
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

/** @param move from pixels of one picture to those of another @param scale of lengths */
export function moveFace(face: DetectedFace, move: (point: Point) => Point, scale: number): DetectedFace {
  const { box, confidence, landmarks, landmarks68 } = face;
  const moved: Box = { ...move(box), width: box.width * scale, height: box.height * scale };
  return {
    box: moved,
    confidence,
    landmarks: landmarks && moveLandmarks(landmarks, move),
    ...(landmarks68 && { landmarks68: landmarks68.map(move) }),
  };
}

function moveLandmarks([leftEye, rightEye, nose, ...mouth]: Landmarks5, move: (point: Point) => Point): Landmarks5 {
  return [move(leftEye), move(rightEye), move(nose), move(mouth[0]), move(mouth[1])];
}
