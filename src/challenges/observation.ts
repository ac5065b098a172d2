import type { Appearance } from '../faces/image/appearance.js';
import type { Box, Point } from '../faces/image/box.js';
import type { Pose } from '../faces/image/pose.js';
import type { ImageSize } from '../faces/pipeline/pipeline.js';

/** What one frame of a challenge shows. */
export interface Observation {
  /** When the frame arrived, milliseconds of the server's monotonic clock. */
  readonly at: number;
  readonly image: ImageSize;
  readonly faces: readonly ObservedFace[];
}

/** A face of a frame; all positions are in pixels of the frame as the camera recorded it, not mirrored. */
export interface ObservedFace {
  readonly box: Box;
  /** The 68 iBUG points. */
  readonly landmarks: readonly Point[];
  /** Null where the points cannot belong to a face. */
  readonly pose: Pose | null;
  /** Height of the eyes' opening divided by their width (eye aspect ratio), mean of both eyes. */
  readonly eyesOpen: number;
  /** 0..1: 1 is a wide smile. */
  readonly smile: number;
  /** Mean grey of the face, 0 (black) to 1 (white). */
  readonly brightness: number;
  readonly appearance: Appearance;
  readonly embedding: Float32Array;
  /** Null where no network checks it. */
  readonly liveness: ObservedLiveness | null;
}

/** Result of the passive check of one look. */
export interface ObservedLiveness {
  /** 0..1: 1 is a living person; null where it could not be judged. */
  readonly score: number | null;
  readonly verdict: 'live' | 'spoof' | 'unsure';
  readonly why: string | null;
}
