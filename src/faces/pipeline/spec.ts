import type { EngineSpec } from '../../engine/open-engine.js';
import type { ModelCard } from '../../models/card.js';
import { MODEL_FILES } from '../../models/manifest.js';
import { arcfaceContract } from '../embed/arcface.js';
import type { EmbedderContract, Flip } from '../embed/embedder.js';
import { descriptorContract } from '../embed/face-descriptor.js';
import type { LivenessSpec } from '../liveness/liveness.js';
import { facenetContract, type Standardisation } from '../embed/facenet.js';
import type { Margin } from '../image/crop-area.js';

/** Which networks a worker loads, as plain data for another thread. All paths are absolute. */
export interface PipelineSpec {
  /** Runs the detector, in every worker: never `webgpu`, which two threads must not use at once. */
  readonly engine: EngineSpec;
  /** Runs the embedding network. */
  readonly embeddingEngine: EngineSpec;
  /** Whether one thread of the server runs the embedding network for all workers; otherwise each worker runs its own. */
  readonly embedsApart: boolean;
  readonly detector: DetectorSpec;
  readonly embedder: EmbedderSpec;
  readonly flip: Flip;
  /** Null: liveness is not judged. */
  readonly liveness: LivenessSpec | null;
  /** Whether requests may ask for attributes of faces. Their networks are loaded with the first such request. */
  readonly attributes: boolean;
  /** Folder of face-api's weights, for the detector `ssd`, the embedder `face-api` and the attributes. */
  readonly faceApiDir: string;
  readonly cacheDir: string;
  /** Threads inside one operator of each worker's `engine`. */
  readonly threads: number;
  /** Threads of `embeddingEngine` where `embedsApart`; in a worker it has one. */
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
  | { readonly kind: 'yunet'; readonly path: string; readonly minFacePx: number }
  | { readonly kind: 'ssd'; readonly minConfidence: number }
  | { readonly kind: 'haar'; readonly path: string; readonly minFacePx: number };

export type EmbedderSpec =
  | {
      readonly kind: 'facenet';
      readonly path: string;
      readonly margin: Margin | undefined;
      readonly standardisation: Standardisation | undefined;
    }
  | { readonly kind: 'arcface'; readonly card: ModelCard; readonly path: string }
  | { readonly kind: 'face-api' };

/**
 * The contract of the embeddings that a pipeline of this spec makes, without loading its networks.
 * @throws RostroError `model_missing`, `bad_model_file`, `checksum_mismatch`, `unsupported_graph`
 */
export function contractOf({ embedder, faceApiDir, cacheDir }: PipelineSpec): Promise<EmbedderContract> {
  if (embedder.kind === 'arcface') return arcfaceContract({ ...embedder, cacheDir });
  if (embedder.kind === 'facenet') return facenetContract({ ...embedder, cacheDir });
  return descriptorContract(faceApiDir, cacheDir);
}

/** The licences of the networks that a pipeline of this spec runs. */
export interface Licences {
  readonly detector: string;
  readonly embedder: string;
  /** Null where liveness is not judged. */
  readonly liveness: string | null;
}

export function licencesOf({ detector, embedder, liveness }: PipelineSpec): Licences {
  const licenceOf = (name: string) => MODEL_FILES.find((file) => file.name === name)!.licence;
  return {
    detector: licenceOf(detector.kind === 'ssd' ? 'face-api' : detector.kind),
    embedder: embedder.kind === 'arcface' ? embedder.card.licence : licenceOf(EMBEDDER_FILES[embedder.kind]),
    liveness: liveness && licenceOf('liveness'),
  };
}

/** Any FaceNet: all have the licence of davidsandberg/facenet. */
const EMBEDDER_FILES = { facenet: 'facenet-2018', 'face-api': 'face-api' } as const;
