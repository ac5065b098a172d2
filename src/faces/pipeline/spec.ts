import type { EngineSpec } from '../../engine/open-engine.js';
import type { EmbedderContract } from '../embed/embedder.js';
import { descriptorContract } from '../embed/face-descriptor.js';
import { facenetContract, type Standardisation } from '../embed/facenet.js';
import type { Margin } from '../image/crop-area.js';

/** Which networks a worker loads, as plain data for another thread. All paths are absolute. */
export interface PipelineSpec {
  /** Runs the detector, in every worker: never `webgpu`, which two threads must not use at once. */
  readonly engine: EngineSpec;
  /** Runs the embedding network, in one thread. */
  readonly embeddingEngine: EngineSpec;
  readonly detector: DetectorSpec;
  readonly embedder: EmbedderSpec;
  /** Folder of face-api's weights, for the detector `ssd` and the embedder `face-api`. */
  readonly faceApiDir: string;
  readonly cacheDir: string;
  /** Threads inside one operator of each worker's `engine`. */
  readonly threads: number;
  /** Threads of `embeddingEngine`. */
  readonly embeddingThreads: number;
  readonly maxImagePixels: number;
  /** Faces of a photo that are embedded; where there are more, the largest. */
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

/**
 * The contract of the embeddings that a pipeline of this spec makes, without loading its networks.
 * @throws RostroError `model_missing`, `bad_model_file`, `unsupported_graph`
 */
export function contractOf({ embedder, faceApiDir, cacheDir }: PipelineSpec): Promise<EmbedderContract> {
  return embedder.kind === 'facenet'
    ? facenetContract({ ...embedder, cacheDir })
    : descriptorContract(faceApiDir, cacheDir);
}
