import type { EmbedderContract } from '../embed/embedder.js';
import type { Box, Landmarks5 } from '../image/box.js';
import type { FaceQuality } from '../image/quality.js';
import type { Before, CameraFrame, LiveFrame } from './live.js';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export interface Face {
  /** Pixels of the upright original. */
  readonly box: Box;
  readonly confidence: number;
  readonly landmarks: Landmarks5 | null;
}

export interface EmbeddedFace extends Face {
  readonly embedding: Float32Array;
}

/** How long each step took, milliseconds. */
export interface DetectTimings {
  readonly decode: number;
  readonly detect: number;
}

export interface EmbedTimings extends DetectTimings {
  readonly embed: number;
}

export interface Detection {
  readonly image: ImageSize;
  readonly faces: readonly Face[];
  readonly timingsMs: DetectTimings;
}

export interface Analysis extends Detection {
  /** The largest ones where there are more than are embedded. */
  readonly faces: readonly EmbeddedFace[];
  /** All that were found. */
  readonly facesFound: number;
  readonly timingsMs: EmbedTimings;
}

/** The one face of an enrolment photo, with the crop to keep. */
export interface Portrait {
  readonly image: ImageSize;
  readonly face: EmbeddedFace;
  /** JPEG: the face with its surroundings, enough to crop it again for another embedder. */
  readonly crop: Uint8Array;
  /** Where the face lies in `crop`, pixels of the crop. */
  readonly boxInCrop: Box;
  /** Of the face in the photo. */
  readonly quality: FaceQuality;
  readonly timingsMs: EmbedTimings;
}

/** What runs, for people and for the gallery. */
export interface PipelineInfo {
  readonly detector: string;
  readonly engine: string;
  /** What the embedding network runs on; the detector's run on the CPU. */
  readonly provider: string;
  readonly contract: EmbedderContract;
}

/**
 * From the bytes of a photo to its faces. Every method throws RostroError `not_an_image`, `unsupported_image`,
 * `damaged_image` or `image_too_large` for bytes that are not a usable photo, and the signal's reason once nobody waits
 * for the answer any more.
 */
export interface Pipeline {
  readonly info: PipelineInfo;
  detect(bytes: Uint8Array, signal?: AbortSignal): Promise<Detection>;
  /** Every face of the photo with its embedding, up to a limit; none is an empty list. */
  analyse(bytes: Uint8Array, signal?: AbortSignal): Promise<Analysis>;
  /**
   * @param face which of several faces is meant: its place among those that `several_faces` listed for these bytes
   * @throws RostroError `no_face`; `several_faces` with the boxes that were found; `bad_request` for a face that is not
   *   there
   */
  portrait(bytes: Uint8Array, face?: number, signal?: AbortSignal): Promise<Portrait>;
  /** A frame of a camera: its faces are followed where that is enough, and embedded where that is worth it. */
  live(frame: CameraFrame, before: Before, signal?: AbortSignal): Promise<LiveFrame>;
}
