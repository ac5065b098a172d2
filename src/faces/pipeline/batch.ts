import type { Margin } from '../image/crop-area.js';
import type { EmbeddedFace, Face, ImageSize, PipelineInfo } from './pipeline.js';

export interface CentralOptions {
  /** Photos are aligned crops: the whole picture is the face, and nothing is detected. */
  readonly aligned: boolean;
  /** Whether the face is embedded a second time, mirrored. */
  readonly mirrored: boolean;
}

/** The face that a photo of a dataset is of. */
export interface CentralFace {
  readonly image: ImageSize;
  readonly facesFound: number;
  /** Null where none was found. */
  readonly face: EmbeddedFace | null;
  /** The embedding of the mirrored face, where it was asked for. */
  readonly mirrored: Float32Array | null;
}

export interface AlignOptions {
  /** Side of the crops, pixels. */
  readonly sizePx: number;
  readonly margin: Margin;
  /** Every face that is found, in descending confidence; otherwise only the central one. */
  readonly everyFace: boolean;
}

export interface AlignedFace extends Face {
  /** The crop as PNG, `sizePx` × `sizePx`. */
  readonly png: Uint8Array;
}

export interface Alignment {
  readonly image: ImageSize;
  readonly facesFound: number;
  readonly faces: readonly AlignedFace[];
}

/** What is done to the photos of a dataset. Methods throw as those of `Pipeline` for bytes that are not a usable photo. */
export interface BatchPipeline {
  readonly info: PipelineInfo;
  central(bytes: Uint8Array, options: CentralOptions): Promise<CentralFace>;
  align(bytes: Uint8Array, options: AlignOptions): Promise<Alignment>;
}
