import { withBorderRetry } from '../detect/border-retry.js';
import type { Detector } from '../detect/detector.js';
import { loadHaar } from '../detect/haar.js';
import { loadMtcnn } from '../detect/mtcnn/mtcnn.js';
import { loadSsd } from '../detect/ssd.js';
import { createEmbedder, type EmbeddingNetwork, type FaceCropper } from '../embed/embedder.js';
import { descriptorCropper, loadDescriptorNetwork } from '../embed/face-descriptor.js';
import { facenetCropper, loadFacenetNetwork } from '../embed/facenet.js';
import { loadLandmarks68, type LandmarkDetector68 } from '../landmarks/landmarks68.js';
import type { Engine } from '../../engine/engine.js';
import { openEngine } from '../../engine/open-engine.js';
import { FacePipeline } from './face-pipeline.js';
import type { PipelineSpec } from './spec.js';

/** A grey photo, large enough for every network. */
const WARM_UP = { width: 320, height: 240, data: new Uint8Array(320 * 240 * 3).fill(128) };

/** The borders of further detections, as measured for each detector (`detect/border-retry.ts`). */
const BORDER_SHARES = { mtcnn: [0.2], ssd: [0.6, 1], haar: [0.2] } as const;

export interface LoadedParts {
  /** Default: the engine of the spec. */
  readonly engine?: Engine;
  /** The network of another thread. Default: it is loaded in this one. */
  readonly network?: Promise<EmbeddingNetwork>;
}

/** Loads the networks that the spec names and runs each once. */
export async function loadPipeline(spec: PipelineSpec, given: LoadedParts = {}): Promise<FacePipeline> {
  const engine = given.engine ?? (await openEngine(spec.engine, spec.threads));
  const network = given.network ?? loadNetwork(spec, engine);
  const needsFace68 = spec.detector.kind === 'ssd' || spec.embedder.kind === 'face-api';
  const face68Loading = needsFace68 ? loadLandmarks68(engine, spec.faceApiDir, spec.cacheDir) : Promise.resolve(null);
  const detectorLoading = face68Loading.then((face68) => loadDetector(engine, face68, spec));
  const [face68, bareDetector, embeddingNetwork] = await Promise.all([face68Loading, detectorLoading, network]);
  const detector = withBorderRetry(bareDetector, { borderShares: BORDER_SHARES[spec.detector.kind] });
  const embedder = createEmbedder(cropperOf(face68, spec), embeddingNetwork);
  await detector.detect(WARM_UP);
  await embedder.embed(WARM_UP, [{ box: { x: 100, y: 60, width: 100, height: 120 } }]);
  return new FacePipeline({
    detector,
    embedder,
    engine: { name: engine.name, provider: embeddingNetwork.provider },
    maxImagePixels: spec.maxImagePixels,
    maxFaces: spec.maxFaces,
  });
}

async function loadDetector(engine: Engine, face68: LandmarkDetector68 | null, spec: PipelineSpec): Promise<Detector> {
  const { detector, faceApiDir, cacheDir } = spec;
  if (detector.kind === 'ssd') return loadSsd(engine, face68, faceApiDir, cacheDir, detector);
  if (detector.kind === 'haar') return loadHaar(detector);
  return loadMtcnn(engine, detector.files, cacheDir, detector);
}

function cropperOf(face68: LandmarkDetector68 | null, { embedder }: PipelineSpec): FaceCropper {
  return embedder.kind === 'facenet' ? facenetCropper(embedder) : descriptorCropper(face68!);
}

/** Loads the embedding network alone. */
export function loadNetwork(spec: PipelineSpec, engine: Engine): Promise<EmbeddingNetwork> {
  const { embedder, faceApiDir, cacheDir } = spec;
  if (embedder.kind === 'facenet') return loadFacenetNetwork(engine, { ...embedder, cacheDir });
  return loadDescriptorNetwork(engine, faceApiDir, cacheDir);
}
