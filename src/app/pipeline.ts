import type { EngineSpec } from '../engine/open-engine.js';
import { PipelinePool } from '../faces/pipeline/pool.js';
import { chooseProvider } from '../faces/pipeline/provider/choose.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from '../faces/pipeline/spec.js';
import { findModels, type FoundModels } from '../models/find-models.js';
import { noObserver, type Observer } from '../people/observer.js';
import { RostroError } from '../shared/errors.js';
import type { Config } from './config.js';
import { engineSpec } from './plugins.js';

/**
 * Chooses the networks for `auto`: MTCNN and FaceNet if their files exist, otherwise the networks of the installation. All
 * run on the CPU; `startPipeline` looks for a GPU.
 * @throws RostroError `model_missing`
 */
export function pipelineSpec(config: Config): PipelineSpec {
  const models = findModels(config.storage.dataDir);
  const engine = engineSpec(config.compute.engine);
  return {
    engine,
    embeddingEngine: engine,
    detector: detectorSpec(config, models),
    embedder: embedderSpec(config, models),
    faceApiDir: models.faceApiDir,
    cacheDir: config.storage.cacheDir,
    threads: config.compute.threadsPerWorker,
    embeddingThreads: config.compute.embeddingThreads,
    maxImagePixels: config.limits.maxImagePixels,
    maxFaces: config.limits.maxFaces,
  };
}

function detectorSpec(config: Config, { mtcnn, haarCascade }: FoundModels): DetectorSpec {
  if (config.detection.detector === 'ssd' || (config.detection.detector === 'auto' && !mtcnn)) {
    return { kind: 'ssd', minConfidence: config.detection.ssdMinConfidence };
  }
  if (config.detection.detector === 'haar') {
    if (!haarCascade) throw missing('DETECTOR=haar', 'haarcascade_frontalface_default.xml', config.storage.dataDir);
    return { kind: 'haar', path: haarCascade, minFacePx: config.detection.minFacePx };
  }
  if (!mtcnn) throw missing('DETECTOR=mtcnn', 'npy/det1.npy, npy/det2.npy and npy/det3.npy', config.storage.dataDir);
  return {
    kind: 'mtcnn',
    files: mtcnn,
    minFacePx: config.detection.minFacePx,
    thresholds: config.detection.mtcnnThresholds,
    factor: config.detection.mtcnnFactor,
  };
}

function embedderSpec(config: Config, { facenets }: FoundModels): EmbedderSpec {
  const { embedder, margin, standardisation } = config.embedding;
  const [, wanted = ''] = embedder.split(/^facenet-/);
  const facenet = facenets.find(({ version }) => version.startsWith(wanted));
  if (embedder === 'face-api' || (embedder === 'auto' && !facenet)) return { kind: 'face-api' };
  if (!facenet) throw missing(`EMBEDDER=${embedder}`, 'model/<version>/<version>.pb', config.storage.dataDir);
  return { kind: 'facenet', path: facenet.path, margin, standardisation };
}

function missing(setting: string, files: string, dataDir: string): RostroError {
  return new RostroError(
    'model_missing',
    `${setting} needs ${files} in ${dataDir}; "rostro models" shows where to get it and "rostro models pull" fetches it.`,
  );
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
