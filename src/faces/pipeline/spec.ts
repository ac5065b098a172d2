import type { Standardisation } from '../embed/facenet.js';
import type { EngineSpec } from '../../engine/open-engine.js';
import type { Margin } from '../image/crop-area.js';

/** Which networks a worker loads, as plain data that crosses the thread boundary. All paths are absolute. */
export interface PipelineSpec {
  /** Finds faces, in every worker: never `webgpu`, which two threads must not use at once. */
  readonly engine: EngineSpec;
  /** Embeds them, in one thread. */
  readonly embeddingEngine: EngineSpec;
  readonly detector: DetectorSpec;
  readonly embedder: EmbedderSpec;
  /** Folder of face-api's weights: needed by `ssd` and by `face-api`, which also wants its landmarks. */
  readonly faceApiDir: string;
  readonly cacheDir: string;
  /** Threads inside one operator of each worker's `engine`. */
  readonly threads: number;
  /** Threads of `embeddingEngine`. */
  readonly embeddingThreads: number;
  readonly maxImagePixels: number;
  /** Faces of a photo that are embedded at most. */
  readonly maxFaces: number;
}

export type DetectorSpec =
  | {
      readonly kind: 'mtcnn';
      readonly files: { readonly det1: string; readonly det2: string; readonly det3: string };
      readonly minFacePx: number;
      readonly thresholds: readonly [number, number, number];
      readonly factor: number;
    }
  | { readonly kind: 'ssd'; readonly minConfidence: number }
  | { readonly kind: 'haar'; readonly path: string; readonly minFacePx: number };

export type EmbedderSpec =
  | {
      readonly kind: 'facenet';
      readonly path: string;
      readonly margin: Margin | undefined;
      readonly standardisation: Standardisation | undefined;
    }
  | { readonly kind: 'face-api' };
