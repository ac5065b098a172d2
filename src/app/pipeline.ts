import type { EngineSpec } from '../engine/open-engine.js';
import type { Flip } from '../faces/embed/embedder.js';
import { PipelinePool } from '../faces/pipeline/pool.js';
import { chooseProvider } from '../faces/pipeline/provider/choose.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from '../faces/pipeline/spec.js';
import { assertInstalledWeights, findCard, findModels, type FoundModels } from '../models/find-models.js';
import { YUNET_PATH } from '../models/manifest.js';
import { noObserver, type Observer } from '../people/observer.js';
import { RostroError } from '../shared/errors.js';
import type { Config } from './config.js';
import { engineSpec } from './plugins.js';

/**
 * Chooses the networks for `auto`: MTCNN and FaceNet if their files exist, otherwise the networks of the installation. All
 * run on the CPU; `startPipeline` looks for a GPU.
 * @throws RostroError `model_missing`; `bad_config` for FLIP with face-api
 */
export function pipelineSpec(config: Config): PipelineSpec {
  const models = findModels(config.storage.dataDir);
  const engine = engineSpec(config.compute.engine);
  const embedder = embedderSpec(config, models);
  return {
    engine,
    embeddingEngine: engine,
    detector: detectorSpec(config, models),
    embedder,
    flip: checkedFlip(config.embedding.flip, embedder),
    faceApiDir: models.faceApiDir,
    cacheDir: config.storage.cacheDir,
    threads: config.compute.threadsPerWorker,
    embeddingThreads: config.compute.embeddingThreads,
    maxImagePixels: config.limits.maxImagePixels,
    maxFaces: config.limits.maxFaces,
  };
}

function detectorSpec(config: Config, { mtcnn, installedMtcnn, yunet, haarCascade }: FoundModels): DetectorSpec {
  if (config.detection.detector === 'ssd' || (config.detection.detector === 'auto' && !mtcnn)) {
    return { kind: 'ssd', minConfidence: config.detection.ssdMinConfidence };
  }
  if (config.detection.detector === 'haar') {
    if (!haarCascade) throw missing('DETECTOR=haar', 'haarcascade_frontalface_default.xml', config.storage.dataDir);
    return { kind: 'haar', path: haarCascade, minFacePx: config.detection.minFacePx };
  }
  if (config.detection.detector === 'yunet') {
    if (!yunet) throw missing('DETECTOR=yunet', YUNET_PATH, config.storage.dataDir, 'yunet');
    return { kind: 'yunet', path: yunet, minFacePx: config.detection.minFacePx };
  }
  const files = mtcnn ?? installedMtcnn;
  if (!files) throw missing('DETECTOR=mtcnn', 'npy/det1.npy, npy/det2.npy and npy/det3.npy', config.storage.dataDir);
  if (!mtcnn) assertInstalledWeights(Object.values(files));
  return {
    kind: 'mtcnn',
    files,
    minFacePx: config.detection.minFacePx,
    thresholds: config.detection.mtcnnThresholds,
    factor: config.detection.mtcnnFactor,
  };
}

function embedderSpec(config: Config, { facenets }: FoundModels): EmbedderSpec {
  const { embedder, margin, standardisation } = config.embedding;
  const { dataDir } = config.storage;
  const [, wanted = ''] = embedder.split(/^facenet-/);
  const facenet = facenets.find(({ version }) => version.startsWith(wanted));
  if (embedder === 'face-api' || (embedder === 'auto' && !facenet)) return { kind: 'face-api' };
  if (!/^(auto|facenet)$|^facenet-/.test(embedder)) return { kind: 'arcface', ...findCard(dataDir, embedder) };
  if (!facenet) throw missing(`EMBEDDER=${embedder}`, 'model/<version>/<version>.pb', dataDir);
  return { kind: 'facenet', path: facenet.path, margin, standardisation };
}

/** @throws RostroError `bad_config` for face-api, whose embeddings have no unit length */
function checkedFlip(flip: Flip, embedder: EmbedderSpec): Flip {
  if (flip === 'off' || embedder.kind !== 'face-api') return flip;
  throw new RostroError(
    'bad_config',
    `FLIP=${flip} needs embeddings of unit length, which face-api's do not have; set FLIP=off or another EMBEDDER.`,
  );
}

/** @param name as `rostro models pull` takes it; without one, the files are among those that it fetches by default */
function missing(setting: string, files: string, dataDir: string, name?: string): RostroError {
  const how =
    name === undefined
      ? '"rostro models" shows where to get it and "rostro models pull" fetches it'
      : `"rostro models pull ${name}" fetches it`;
  return new RostroError('model_missing', `${setting} needs ${files} in ${dataDir}; ${how}.`);
}

/**
 * Loads the networks, without a gallery.
 * @param warn called once if `PROVIDER=auto` finds no GPU
 * @throws RostroError if a model file is not usable; `provider_unavailable` if the provider that is set is not
 */
export async function startPipeline(
  config: Config,
  warn: (warning: string) => void = console.error,
  observer: Observer = noObserver,
): Promise<PipelinePool> {
  const spec = pipelineSpec(config);
  const embeddingEngine = spec.engine.kind === 'plugin' ? spec.engine : await fastestEngine(config, warn);
  const onRestart = () => observer.workerRestarted();
  const limits = { ...config.compute, ...config.limits, stuckAfterMs: config.limits.deadlineMs, onRestart };
  return PipelinePool.start({ ...spec, embeddingEngine }, limits);
}

async function fastestEngine(config: Config, warn: (warning: string) => void): Promise<EngineSpec> {
  const { provider: wanted, embeddingThreads: threads } = config.compute;
  const { cacheDir } = config.storage;
  const { provider, warning } = await chooseProvider(wanted, { cacheDir, threads });
  if (warning !== null) warn(warning);
  return { kind: 'onnxruntime', provider };
}
