import type { Config } from '../config.js';
import { RostroError } from '../errors.js';
import { findModels, type FoundModels } from '../models/resolve.js';
import { PipelinePool } from '../pipeline/pool.js';
import { chooseProvider } from '../pipeline/provider/choose.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from '../pipeline/spec.js';
import type { EngineSpec } from '../runtime/open-engine.js';
import { nobody, type Observer } from '../service/observer.js';

/**
 * Loads the networks alone.
 * @param warn is told once when `PROVIDER=auto` finds no GPU to use
 * @throws RostroError when a model file is not usable, `provider_unavailable` when the provider that is set is not
 */
export async function startPipeline(
  config: Config,
  warn: (warning: string) => void = console.error,
  observer: Observer = nobody,
): Promise<PipelinePool> {
  const spec = pipelineSpec(config);
  const embeddingEngine = spec.engine.kind === 'tfjs' ? spec.engine : await fastestEngine(config, warn);
  const onRestart = () => observer.workerRestarted();
  const limits = { ...config, stuckAfterMs: config.requestDeadlineMs, onRestart };
  return PipelinePool.start({ ...spec, embeddingEngine }, limits);
}

async function fastestEngine(config: Config, warn: (warning: string) => void): Promise<EngineSpec> {
  const { cacheDir, embeddingThreads: threads } = config;
  const { provider, warning } = await chooseProvider(config.provider, { cacheDir, threads });
  if (warning !== null) warn(warning);
  return { kind: 'onnxruntime', provider };
}

/**
 * Decides which networks `auto` means: MTCNN and FaceNet where their files lie, else what the installation brings. All of
 * them on the CPU, until `startPipeline` has looked for a GPU.
 */
export function pipelineSpec(config: Config): PipelineSpec {
  const models = findModels(config.dataDir);
  const engine: EngineSpec = config.engine === 'tfjs' ? { kind: 'tfjs' } : { kind: 'onnxruntime', provider: 'cpu' };
  return {
    engine,
    embeddingEngine: engine,
    detector: detectorSpec(config, models),
    embedder: embedderSpec(config, models),
    faceApiDir: models.faceApiDir,
    cacheDir: config.cacheDir,
    threads: config.threadsPerWorker,
    embeddingThreads: config.embeddingThreads,
    maxImagePixels: config.maxImagePixels,
    maxFaces: config.maxFaces,
  };
}

function detectorSpec(config: Config, { mtcnn, haarCascade }: FoundModels): DetectorSpec {
  if (config.detector === 'ssd' || (config.detector === 'auto' && !mtcnn)) {
    return { kind: 'ssd', minConfidence: config.ssdMinConfidence };
  }
  if (config.detector === 'haar') {
    if (!haarCascade) throw missing('DETECTOR=haar', 'haarcascade_frontalface_default.xml', config.dataDir);
    return { kind: 'haar', path: haarCascade, minFacePx: config.detectMinFacePx };
  }
  if (!mtcnn) throw missing('DETECTOR=mtcnn', 'npy/det1.npy, npy/det2.npy and npy/det3.npy', config.dataDir);
  return {
    kind: 'mtcnn',
    files: mtcnn,
    minFacePx: config.detectMinFacePx,
    thresholds: config.mtcnnThresholds,
    factor: config.mtcnnFactor,
  };
}

function embedderSpec(config: Config, { facenets }: FoundModels): EmbedderSpec {
  const { embedder } = config;
  const [, wanted = ''] = embedder.split(/^facenet-/);
  const facenet = facenets.find(({ version }) => version.startsWith(wanted));
  if (embedder === 'face-api' || (embedder === 'auto' && !facenet)) return { kind: 'face-api' };
  if (!facenet) throw missing(`EMBEDDER=${embedder}`, 'model/<version>/<version>.pb', config.dataDir);
  return { kind: 'facenet', path: facenet.path, margin: config.margin, standardisation: config.standardisation };
}

function missing(setting: string, files: string, dataDir: string): RostroError {
  return new RostroError(
    'model_missing',
    `${setting} needs ${files} in ${dataDir}; "rostro models" shows where to get it and "rostro models pull" fetches it.`,
  );
}
