import type { Box, Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';

/** Identifies an embedding space: embeddings can be compared only if they have the same contract. */
export interface EmbedderContract {
  /**
   * Weights hash, crop and standardisation. Stored with every gallery row; rows with different ids are never compared.
   */
  readonly id: string;
  /** Display name: `facenet-2018`, `facenet-2017`, `face-api`. */
  readonly name: string;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Side of the square network input, pixels. */
  readonly inputSizePx: number;
  /** Euclidean distance (0..2 for unit-length embeddings) up to which two faces count as one person. */
  readonly threshold: number;
  /**
   * Whether an `.npy` file without a contract record is assumed to belong to this embedder: the original Python system
   * wrote such files with the 2017 FaceNet graphs.
   */
  readonly adoptsUnlabelledRows: boolean;
}

/** The fields of a detected face that embedders use. */
export interface FaceRegion {
  readonly box: Box;
  readonly landmarks68?: readonly Point[];
}

/** First step of embedding: crops faces for the network. */
export interface FaceCropper {
  /** @returns all crops, concatenated; values 0..255 */
  crop(image: RgbImage, faces: readonly FaceRegion[]): Promise<Float32Array>;
}

/** Second step of embedding: converts crops to vectors. */
export interface EmbeddingNetwork {
  readonly contract: EmbedderContract;
  /** Number of values of one crop. */
  readonly cropLength: number;
  /** The execution provider in use, for example `cpu`. */
  readonly provider: string;
  /** @param crops one or more, concatenated; may be overwritten */
  embed(crops: Float32Array): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export interface Embedder {
  readonly contract: EmbedderContract;
  /**
   * @returns one vector of `contract.dimension` values per face, in the order of `faces`: of unit length for FaceNet,
   * raw for face-api
   */
  embed(image: RgbImage, faces: readonly FaceRegion[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Combines both steps on the calling thread. */
export function createEmbedder(cropper: FaceCropper, network: EmbeddingNetwork): Embedder {
  return {
    contract: network.contract,
    embed: async (image, faces) => (faces.length === 0 ? [] : network.embed(await cropper.crop(image, faces))),
    dispose: () => network.dispose(),
  };
}
