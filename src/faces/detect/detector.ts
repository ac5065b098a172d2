import type { Box, Landmarks5, Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

/** One face as a detector sees it, in pixels of the image that it was given. */
export interface DetectedFace {
  readonly box: Box;
  /** How sure the detector is that this is a face, 0..1. */
  readonly confidence: number;
  /** Null where the detector finds boxes only. */
  readonly landmarks: Landmarks5 | null;
  /** The 68 points of the iBUG scheme, where the detector found them on the way. */
  readonly landmarks68?: readonly Point[];
}

export interface Detector {
  /** Stable name: `mtcnn`, `ssd`, `haar`. */
  readonly id: string;
  /** Faces in descending confidence; none found is an empty list, not an error. */
  detect(image: RgbImage): Promise<DetectedFace[]>;
  /**
   * Looks for faces around where they were in the picture before, which costs a fraction of detecting. Missing where the
   * detector can only look at a whole picture.
   * @param boxes where the faces were
   * @returns a face for each box, null where it is lost
   */
  follow?(image: RgbImage, boxes: readonly Box[]): Promise<(DetectedFace | null)[]>;
  dispose(): Promise<void>;
}
