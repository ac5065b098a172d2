import type { Box, Landmarks5, Point } from '../image/box.js';
import { mirrorBox, mirrorImage, type RgbImage } from '../image/image.js';

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
   * Distances of strangers: [n, d] says that one pair of strangers in n is nearer than d (plain Euclidean). Missing where they
   * were not measured.
   */
  readonly impostors?: readonly (readonly [number, number])[];
  /** Whether the threshold follows the size of the gallery where `THRESHOLD` is not set. Needs `impostors`. */
  readonly thresholdFollowsGallery?: boolean;
  /**
   * Whether an `.npy` file without a contract record is assumed to belong to this embedder: the original Python system
   * wrote such files with the 2017 FaceNet graphs.
   */
  readonly adoptsUnlabelledRows: boolean;
}

/** The fields of a detected face that embedders use. */
export interface FaceRegion {
  readonly box: Box;
  /** Null or missing where the detector gives none. */
  readonly landmarks?: Landmarks5 | null;
  readonly landmarks68?: readonly Point[];
}

/** First step of embedding: crops faces for the network. */
export interface FaceCropper {
  /** @returns all crops, concatenated; values 0..255 */
  crop(image: RgbImage, faces: readonly FaceRegion[]): Promise<Float32Array>;
  /**
   * Missing where a mirrored photo is cropped anew, because landmarks that are detected in it place the crop.
   * @returns copies of crops with left and right exchanged
   */
  mirror?(crops: Float32Array): Float32Array;
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
   * @returns one vector of `contract.dimension` values per face, in the order of `faces`: raw for face-api, of unit length
   * for the others
   */
  embed(image: RgbImage, faces: readonly FaceRegion[]): Promise<Float32Array[]>;
  /**
   * Each face with its mirror image: its mirrored crop, for face-api its crop from the mirrored photo.
   * @returns a pair of vectors per face
   */
  embedWithMirrored(image: RgbImage, faces: readonly FaceRegion[]): Promise<MirroredPair[]>;
  dispose(): Promise<void>;
}

export interface MirroredPair {
  readonly embedding: Float32Array;
  /** Of the mirrored face. */
  readonly mirrored: Float32Array;
}

/** Without landmarks, which are to be detected in the mirrored photo. */
function mirroredPhoto(image: RgbImage, faces: readonly FaceRegion[]): [RgbImage, FaceRegion[]] {
  return [mirrorImage(image), faces.map(({ box }) => ({ box: mirrorBox(box, image.width) }))];
}

/** Combines both steps on the calling thread. */
export function createEmbedder(cropper: FaceCropper, network: EmbeddingNetwork): Embedder {
  return {
    contract: network.contract,
    embed: async (image, faces) => (faces.length === 0 ? [] : network.embed(await cropper.crop(image, faces))),
    async embedWithMirrored(image, faces) {
      if (faces.length === 0) return [];
      const crops = await cropper.crop(image, faces);
      const both = new Float32Array(2 * crops.length);
      both.set(crops);
      both.set(cropper.mirror?.(crops) ?? (await cropper.crop(...mirroredPhoto(image, faces))), crops.length);
      const embeddings = await network.embed(both);
      return faces.map((_, i) => ({ embedding: embeddings[i], mirrored: embeddings[faces.length + i] }));
    },
    dispose: () => network.dispose(),
  };
}

/**
 * Which embeddings are the mean, of unit length, of a face's embedding and that of its mirror image: none, those that are
 * enrolled, or also those that are compared with them.
 *
 * The contract id is the same for all three, and rows of all three can be compared: the networks were trained on mirrored
 * faces too, so the mean is an embedding of the same face in the same space. Strangers lie as far apart as before. Of
 * 235,641 pairs of strangers of `lfw-dev` (MTCNN, MobileFaceNet), one in 100 is nearer than 1.141 with `off`, 1.140 with
 * `enrol` and `both`; one in 10,000 nearer than 0.970, 0.971 and 0.970.
 */
export type Flip = 'off' | 'enrol' | 'both';
