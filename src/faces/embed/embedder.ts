import type { Box, Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

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

/** The first half of embedding: cuts faces out as the network wants to see them. */
export interface FaceCropper {
  /** @returns the crops of all faces one behind the other, values 0..255 */
  crop(image: RgbImage, faces: readonly FaceRegion[]): Promise<Float32Array>;
}

/** The second half: crops of its cropper to vectors. */
export interface EmbeddingNetwork {
  readonly contract: EmbedderContract;
  /** Values of one crop. */
  readonly cropLength: number;
  /** The execution provider that runs it, for example `cpu`. */
  readonly provider: string;
  /** @param crops one or more, one behind the other; they may be overwritten */
  embed(crops: Float32Array): Promise<Float32Array[]>;
  dispose(): Promise<void>;
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

/** Both halves on the thread that calls. */
export function embedderOf(cropper: FaceCropper, network: EmbeddingNetwork): Embedder {
  return {
    contract: network.contract,
    embed: async (image, faces) => (faces.length === 0 ? [] : network.embed(await cropper.crop(image, faces))),
    dispose: () => network.dispose(),
  };
}
