import type { Box, Point } from '../vision/box.js';
import type { RgbImage } from '../vision/image.js';

/** What two embeddings must share for their distance to mean anything, and what the distance then means. */
export interface EmbedderContract {
  /** Weights hash + crop + standardisation. Stored with every gallery row; rows of another id are never compared. */
  readonly id: string;
  /** For people: `facenet-2018`, `facenet-2017`, `face-api`. */
  readonly name: string;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Side of the square network input, pixels. */
  readonly inputSizePx: number;
  /** Plain Euclidean distance (0..2 where embeddings have unit length) at or under which two faces are taken for one person. */
  readonly threshold: number;
  /**
   * True when an `.npy` file without a record of its contract may be taken as this embedder's own: the original
   * Python system wrote such files with the FaceNet graphs of 2017.
   */
  readonly adoptsUnlabelledRows: boolean;
}

/** The part of a detected face that an embedder needs. */
export interface FaceRegion {
  readonly box: Box;
  readonly landmarks68?: readonly Point[];
}

export interface Embedder {
  readonly contract: EmbedderContract;
  /**
   * @returns one vector of `contract.dimension` values a face, in the order of `faces`; as the network's contract
   * defines it: unit length for FaceNet, raw for face-api
   */
  embed(image: RgbImage, faces: readonly FaceRegion[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}
