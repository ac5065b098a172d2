import type { Box } from '../image/box.js';
import type { Appearance, Scene } from '../image/appearance.js';
import type { RgbImage } from '../image/image.js';
import type { Face, ImageSize } from './pipeline.js';

/** What a camera sends: the bytes of a photo, or pixels where somebody has decoded them already. */
export type CameraFrame = Uint8Array | RgbImage;

/** A face of the frames before. */
export interface KnownFace {
  /** Where it was last seen, pixels. */
  readonly box: Box;
  /** It was not seen in the last frame: it is not looked for, but known again where a detection finds it. */
  readonly isAway: boolean;
  readonly appearance: Appearance;
  /** Embed it in this frame, however it looks. */
  readonly isDue: boolean;
  /** The best `worth` at which it has been embedded. */
  readonly bestWorth: number;
}

/** What a camera showed before this frame. */
export interface Before {
  readonly faces: readonly KnownFace[];
  /** At the last detection; null before the first. */
  readonly scene: Scene | null;
  /** Detect in this frame, even if all faces can be followed. */
  readonly detectionIsDue: boolean;
}

export interface LiveFace extends Face {
  /** Its place in `Before.faces`; null for a face that was not there. */
  readonly known: number | null;
  readonly appearance: Appearance;
  /** How much can be seen of it, 0..1: large and from the front is 1. */
  readonly worth: number;
  /** Null where it was not worth embedding again. */
  readonly embedding: Float32Array | null;
}

/** One frame of a camera. */
export interface LiveFrame {
  readonly image: ImageSize;
  /** Whether the whole frame was searched, or only the surroundings of the faces of the frame before. */
  readonly found: 'detected' | 'followed';
  readonly faces: readonly LiveFace[];
  /** All that were found; `faces` has the largest where there are too many. */
  readonly facesFound: number;
  /** To be compared with later frames: that of the last detection. */
  readonly scene: Scene;
  readonly timingsMs: { readonly decode: number; readonly detect: number; readonly embed: number };
}
