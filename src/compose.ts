import type { Config } from './config.js';
import { RostroError } from './errors.js';
import { NearestMatcher } from './match/nearest.js';
import { findModels, type FoundModels } from './models/resolve.js';
import { PipelinePool } from './pipeline/pool.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from './pipeline/spec.js';
import { Enrolment } from './service/enrolment.js';
import { People } from './service/people.js';
import { RecognitionService } from './service/recognition.js';
import type { Services } from './service/services.js';
import { openNpyGallery, type GalleryReport } from './store/open-npy-gallery.js';

/** Everything that the server and the command line share. */
export interface Core extends Services {
  readonly pipeline: PipelinePool;
  /** What opening the gallery mended or found strange, a sentence each. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/**
 * Loads the networks and opens the gallery.
 * @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do
 */
export async function composeCore(config: Config): Promise<Core> {
  const pipeline = await startPipeline(config);
  try {
    const { contract } = pipeline.info;
    const { gallery, report } = await openNpyGallery({ dataDir: config.dataDir, contract });
    const threshold = config.threshold ?? contract.threshold;
    return {
      pipeline,
      notices: galleryNotices(report),
      enrolment: new Enrolment(pipeline, gallery),
      recognition: new RecognitionService(pipeline, new NearestMatcher(gallery), threshold),
      people: new People(gallery),
      close: () => pipeline.close(),
    };
  } catch (error) {
    await pipeline.close();
    throw error;
  }
}

/** Loads the networks alone. @throws RostroError when a model file is not usable */
export function startPipeline(config: Config): Promise<PipelinePool> {
  return PipelinePool.start(pipelineSpec(config), config.workers);
}

function galleryNotices({ adopted, interruptedChange, strangers }: GalleryReport): string[] {
  return [
    ...adopted.map((file) => `${file} was taken over as it is, as made by the FaceNet that runs`),
    ...(interruptedChange === 'nothing'
      ? []
      : [`the last stop interrupted a change to the gallery; it was ${interruptedChange}`]),
    ...strangers.map((file) => `${file} belongs to nobody in the gallery; it was left as it is`),
  ];
}

/** Decides what `auto` means: MTCNN and FaceNet where their files lie, else what the installation brings. */
function pipelineSpec(config: Config): PipelineSpec {
  const models = findModels(config.dataDir);
  return {
    detector: detectorSpec(config, models),
    embedder: embedderSpec(config, models),
    faceApiDir: models.faceApiDir,
    cacheDir: config.cacheDir,
    threads: config.threadsPerWorker,
    maxImagePixels: config.maxImagePixels,
  };
}

function detectorSpec(config: Config, { mtcnn }: FoundModels): DetectorSpec {
  if (config.detector === 'ssd' || (config.detector === 'auto' && !mtcnn)) {
    return { kind: 'ssd', minConfidence: config.ssdMinConfidence };
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

function embedderSpec(config: Config, { facenet }: FoundModels): EmbedderSpec {
  if (config.embedder === 'face-api' || (config.embedder === 'auto' && !facenet)) return { kind: 'face-api' };
  if (!facenet) throw missing('EMBEDDER=facenet', 'model/<version>/<version>.pb', config.dataDir);
  return { kind: 'facenet', path: facenet.path, margin: config.margin };
}

function missing(setting: string, files: string, dataDir: string): RostroError {
  return new RostroError(
    'model_missing',
    `${setting} needs ${files} in ${dataDir}; "rostro models" shows where to get it and "rostro models pull" fetches it.`,
  );
}
