import type { Config } from './config.js';
import { RostroError } from '../shared/errors.js';
import { findModels, type FoundModels } from '../models/resolve.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from '../faces/pipeline/spec.js';
import type { EngineSpec } from '../engine/open-engine.js';

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
