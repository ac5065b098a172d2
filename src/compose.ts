import type { Config } from './config.js';
import { auditFolder, auditTrail } from './audit/open-trail.js';
import type { AuditTrail } from './audit/trail.js';
import { RostroError } from './errors.js';
import { NearestMatcher } from './match/nearest.js';
import type { EmbedderContract } from './embed/embedder.js';
import { CalibrationService, type ThresholdInUse } from './service/learning/calibration.js';
import { loadCalibration } from './service/learning/calibration-store.js';
import { LearningThread } from './service/learning/learning-thread.js';
import { alwaysMatching, type Matching } from './service/learning/matching.js';
import { TrainedMatching, type TrainedMatchingParts } from './service/learning/trained-matching.js';
import type { Gallery } from './store/gallery.js';
import { findModels, type FoundModels } from './models/resolve.js';
import type { Logger } from './observe/logger.js';
import { createLogger } from './observe/pino-logger.js';
import { PipelinePool } from './pipeline/pool.js';
import { chooseProvider } from './pipeline/provider/choose.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from './pipeline/spec.js';
import { AuditedGallery } from './service/audited-gallery.js';
import type { EngineSpec } from './runtime/open-engine.js';
import { Enrolment } from './service/enrolment.js';
import { Erasure } from './service/erasure/erasure.js';
import { PersonExports } from './service/erasure/person-export.js';
import { Retention } from './service/erasure/retention.js';
import { LiveSessions } from './service/live/live-sessions.js';
import { ObservedPipeline } from './service/observed-pipeline.js';
import { nobody, type Observer } from './service/observer.js';
import { People } from './service/people.js';
import { Readiness } from './service/readiness.js';
import { RecognitionService } from './service/recognition.js';
import type { Services } from './service/services.js';
import { openNpyGallery, type GalleryReport } from './store/open-npy-gallery.js';

/** Everything that the server and the command line share. */
export interface Core extends Services {
  readonly trail: AuditTrail;
  /** Null where nothing is ever too old. */
  readonly retention: Retention | null;
  readonly pipeline: PipelinePool;
  readonly matching: Matching;
  readonly thread: LearningThread;
  readonly gallery: Gallery;
  /** What is not as one would expect: of the GPU, and what opening the gallery mended or found strange; a sentence each. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

export type OpenMatching = (parts: Omit<TrainedMatchingParts, 'options'>) => Promise<Matching>;

export interface Choices {
  readonly log?: Logger;
  /** Who is told what is done with photos. */
  readonly observer?: (trail: AuditTrail) => Observer;
  /** Another matcher than the one that is set. */
  readonly open?: OpenMatching;
}

/**
 * Loads the networks and opens the gallery.
 * @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do
 */
export async function composeCore(config: Config, choices: Choices = {}): Promise<Core> {
  const { log = createLogger({ level: config.logLevel, format: 'text' }, process.stderr), open } = choices;
  const warnings: string[] = [];
  const { stateDir } = config;
  const trail = auditTrail(stateDir, config.audit !== 'off');
  const observer = choices.observer?.(trail) ?? nobody;
  const pipeline = await startPipeline(config, (warning) => warnings.push(warning), observer);
  const thread = new LearningThread();
  try {
    const { contract } = pipeline.info;
    const { gallery: stored, report } = await openNpyGallery({ dataDir: config.dataDir, contract });
    const gallery = new AuditedGallery(stored, trail);
    const threshold = await thresholdInUse(config, contract);
    const parts = { gallery, contract, thread, stateDir, log, nearest: new NearestMatcher(gallery) };
    const matching = await (open ?? matchingAsSet(config))(parts);
    const observed = new ObservedPipeline(pipeline, observer);
    const recognition = new RecognitionService(observed, matching, threshold.value, observer);
    const trust = await trustServices(config, { gallery, matching, trail, contract, log });
    const { liveDetectEvery: detectEvery, maxLiveSessions: maxSessions } = config;
    const liveParts = { matching, gallery, recognition, observer, detectEvery, maxSessions };
    const live = new LiveSessions({ ...liveParts, pipeline: observed });
    return {
      pipeline,
      gallery,
      matching,
      thread,
      notices: [...warnings, ...galleryNotices(report)],
      enrolment: new Enrolment(observed, gallery, { minFacePx: config.minFacePx, gate: config.qualityGate }),
      recognition,
      live,
      people: new People(gallery),
      ...trust,
      trail,
      readiness: new Readiness({ gallery, load: () => pipeline.load }),
      calibration: new CalibrationService({ gallery, contract, stateDir, thread, threshold }),
      close: async () => {
        live.close();
        await Promise.all([trust.retention?.close(), matching.close(), thread.close(), pipeline.close()]);
        await trail.log?.close();
      },
    };
  } catch (error) {
    await Promise.all([thread.close(), pipeline.close()]);
    throw error;
  }
}

interface TrustParts {
  readonly gallery: AuditedGallery;
  readonly matching: Matching;
  readonly trail: AuditTrail;
  readonly contract: EmbedderContract;
  readonly log: Logger;
}

/** What keeps track of people's data, and takes it away. */
async function trustServices(
  { stateDir, retentionDays: days }: Config,
  { gallery, matching, trail, contract, log }: TrustParts,
): Promise<Pick<Core, 'erasure' | 'retention' | 'exports'>> {
  const erasure = new Erasure({ gallery, matching, stateDir });
  return {
    erasure,
    retention: days === undefined ? null : await Retention.open({ gallery, erasure, days, stateDir, log }),
    exports: new PersonExports({ gallery, trail, auditFolder: auditFolder(stateDir), contract }),
  };
}

/** What was set, else what `rostro calibrate --apply` stored for this embedder, else the embedder's own. */
async function thresholdInUse({ threshold, stateDir }: Config, contract: EmbedderContract): Promise<ThresholdInUse> {
  if (threshold !== undefined) return { value: threshold, source: 'set', applied: null };
  const applied = await loadCalibration(stateDir, contract.id);
  if (applied === null) return { value: contract.threshold, source: 'default', applied };
  return { value: applied.threshold, source: 'calibrated', applied };
}

function matchingAsSet({ matcher, svmKernel, matchFar }: Config): OpenMatching {
  if (matcher === 'nearest') return ({ nearest }) => Promise.resolve(alwaysMatching(nearest));
  const options = { kind: matcher, kernel: svmKernel, far: matchFar };
  return (parts) => TrainedMatching.open({ ...parts, options });
}

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

function galleryNotices({ adopted, interruptedChange, strangers }: GalleryReport): string[] {
  return [
    ...adopted.map((file) => `${file} was taken over as it is, as made by the FaceNet that runs`),
    ...(interruptedChange === 'nothing'
      ? []
      : [`the last stop interrupted a change to the gallery; it was ${interruptedChange}`]),
    ...strangers.map((file) => `${file} belongs to nobody in the gallery; it was left as it is`),
  ];
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

function embedderSpec(config: Config, { facenet }: FoundModels): EmbedderSpec {
  if (config.embedder === 'face-api' || (config.embedder === 'auto' && !facenet)) return { kind: 'face-api' };
  if (!facenet) throw missing('EMBEDDER=facenet', 'model/<version>/<version>.pb', config.dataDir);
  return { kind: 'facenet', path: facenet.path, margin: config.margin, standardisation: config.standardisation };
}

function missing(setting: string, files: string, dataDir: string): RostroError {
  return new RostroError(
    'model_missing',
    `${setting} needs ${files} in ${dataDir}; "rostro models" shows where to get it and "rostro models pull" fetches it.`,
  );
}
