import { attributeReader } from '../attributes/attributes.js';
import { withBorderRetry } from '../detect/border-retry.js';
import type { Detector } from '../detect/detector.js';
import { loadHaar } from '../detect/haar.js';
import { loadMtcnn } from '../detect/mtcnn/mtcnn.js';
import { loadSsd } from '../detect/ssd.js';
import { UPRIGHT_LEVELS } from '../detect/upright.js';
import { loadYunet } from '../detect/yunet.js';
import { arcfaceCropper, loadArcface } from '../embed/arcface.js';
import { createEmbedder, type EmbeddingNetwork, type FaceCropper, type FaceRegion } from '../embed/embedder.js';
import { descriptorCropper, loadDescriptorNetwork } from '../embed/face-descriptor.js';
import { facenetCropper, loadFacenetNetwork } from '../embed/facenet.js';
import { LivenessCheck } from '../liveness/liveness.js';
import { landmarks5From68, loadLandmarks68, type LandmarkDetector68 } from '../landmarks/landmarks68.js';
import type { Engine } from '../../engine/engine.js';
import { openEngine } from '../../engine/open-engine.js';
import { onFirstUse } from '../../shared/queue.js';
import { FacePipeline } from './face-pipeline.js';
import type { PipelineSpec } from './spec.js';

/** A grey photo, large enough for every network. */
const WARM_UP = { width: 320, height: 240, data: new Uint8Array(320 * 240 * 3).fill(128) };

const WARM_UP_FACE: FaceRegion = {
  box: { x: 100, y: 60, width: 100, height: 120 },
  landmarks: [
    { x: 130, y: 105 },
    { x: 170, y: 105 },
    { x: 150, y: 130 },
    { x: 135, y: 150 },
    { x: 165, y: 150 },
  ],
};

/** The borders of further detections, as measured for each detector (`detect/border-retry.ts`). */
const BORDER_SHARES = { mtcnn: [0.2], yunet: [], ssd: [0.6, 1], haar: [0.2] } as const;

export interface LoadedParts {
  /** Default: the engine of the spec. */
  readonly engine?: Engine;
  /** The network of another thread, or of another pipeline. Default: it is loaded in this one. */
  readonly network?: Promise<EmbeddingNetwork>;
  /** Of another pipeline. Default: it is loaded. */
  readonly liveness?: Promise<LivenessCheck | null>;
}

/** Loads the networks that the spec names and runs each once. */
export async function loadPipeline(spec: PipelineSpec, given: LoadedParts = {}): Promise<FacePipeline> {
  const engine = given.engine ?? (await openEngine(spec.engine, spec.threads));
  const network = given.network ?? loadNetwork(spec, engine);
  const face68 = onFirstUse(() => loadLandmarks68(engine, spec.faceApiDir, spec.cacheDir));
  const [bareDetector, cropper, embeddingNetwork, liveness] = await Promise.all([
    loadDetector(engine, face68, spec),
    loadCropper(face68, spec),
    network,
    given.liveness ?? loadLiveness(spec, given.engine),
  ]);
  const detector = withBorderRetry(bareDetector, { borderShares: BORDER_SHARES[spec.detector.kind] });
  const embedder = createEmbedder(cropper, embeddingNetwork);
  await detector.detect(WARM_UP);
  await embedder.embed(WARM_UP, [WARM_UP_FACE]);
  await liveness?.score(WARM_UP, WARM_UP_FACE.box);
  return new FacePipeline({
    detector,
    plainDetector: bareDetector,
    upright: UPRIGHT_LEVELS[spec.detector.kind],
    embedder,
    landmarks68: face68,
    flip: spec.flip,
    liveness,
    attributes: spec.attributes ? attributeReader(engine, spec.faceApiDir, spec.cacheDir) : null,
    engine: { name: engine.name, provider: embeddingNetwork.provider },
    maxImagePixels: spec.maxImagePixels,
    maxFaces: spec.maxFaces,
  });
}

type Face68 = () => Promise<LandmarkDetector68>;

async function loadDetector(engine: Engine, face68: Face68, spec: PipelineSpec): Promise<Detector> {
  const { detector, faceApiDir, cacheDir } = spec;
  if (detector.kind === 'ssd') return loadSsd(engine, await face68(), faceApiDir, cacheDir, detector);
  if (detector.kind === 'haar') return loadHaar(detector);
  if (detector.kind === 'yunet') return loadYunet(engine, detector.path, detector);
  return loadMtcnn(engine, detector.files, cacheDir, detector);
}

/** The ArcFace family loads the 68 landmarks with the first face that comes without landmarks. */
async function loadCropper(face68: Face68, { embedder }: PipelineSpec): Promise<FaceCropper> {
  if (embedder.kind === 'facenet') return facenetCropper(embedder);
  if (embedder.kind === 'face-api') return descriptorCropper(await face68());
  return arcfaceCropper(embedder.card, async (image, faces) => {
    const boxes = faces.map(({ box }) => box);
    return (await (await face68()).locate(image, boxes)).map(landmarks5From68);
  });
}

/**
 * The layers of these networks are so small that a second thread costs more than it saves (docs/benchmarks.md, "Liveness").
 * @param engine default: that of the spec
 */
export async function loadLiveness(spec: PipelineSpec, engine?: Engine): Promise<LivenessCheck | null> {
  const { liveness, cacheDir, detector } = spec;
  if (liveness === null) return null;
  return LivenessCheck.load(engine ?? (await openEngine(spec.engine, 1)), liveness, cacheDir, detector.kind);
}

/** Loads the embedding network alone. */
export function loadNetwork(spec: PipelineSpec, engine: Engine): Promise<EmbeddingNetwork> {
  const { embedder, faceApiDir, cacheDir } = spec;
  if (embedder.kind === 'arcface') return loadArcface(engine, { ...embedder, cacheDir });
  if (embedder.kind === 'facenet') return loadFacenetNetwork(engine, { ...embedder, cacheDir });
  return loadDescriptorNetwork(engine, faceApiDir, cacheDir);
}
