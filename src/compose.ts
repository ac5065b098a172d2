import type { Config } from './config.js';
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
import { PipelinePool } from './pipeline/pool.js';
import { chooseProvider } from './pipeline/provider/choose.js';
import type { DetectorSpec, EmbedderSpec, PipelineSpec } from './pipeline/spec.js';
import type { EngineSpec } from './runtime/open-engine.js';
import { Enrolment } from './service/enrolment.js';
import { LiveSessions } from './service/live/live-sessions.js';
import { People } from './service/people.js';
import { RecognitionService } from './service/recognition.js';
import type { Services } from './service/services.js';
import { FolderLock } from './store/folder-lock.js';
import { openNpyGallery, type GalleryReport } from './store/open-npy-gallery.js';
import { readKeys } from './store/sealing/key-file.js';
import { vaultOf, type Vault } from './store/sealing/vault.js';
import { galleryNotices } from './store/notices.js';

/** Everything that the server and the command line share. */
export interface Core extends Services {
  readonly pipeline: PipelinePool;
  readonly matching: Matching;
  readonly thread: LearningThread;
  readonly gallery: Gallery;
  readonly galleryReport: GalleryReport;
  readonly vault: Vault;
  /** What is not as one would expect: of the GPU, and what opening the gallery mended or found strange; a sentence each. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

export type OpenMatching = (parts: Omit<TrainedMatchingParts, 'options'>) => Promise<Matching>;

export interface Choices {
  readonly log?: (line: string) => void;
  /** Another matcher than the one that is set. */
  readonly open?: OpenMatching;
  /**
   * `read` for a command that leaves the gallery alone: it needs no lock, and a server may run. `repair` sets aside
   * whatever does not add up, other people's files too. Default: `write`.
   */
  readonly access?: 'read' | 'write' | 'repair';
}

/**
 * Loads the networks and opens the gallery.
 * @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do
 */
export async function composeCore(config: Config, choices: Choices = {}): Promise<Core> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    return { ...(await composeWith(config, choices, closing)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param closing gets what has to be done at the end, last thing first */
async function composeWith(
  config: Config,
  { log = console.error, open, access = 'write' }: Choices,
  closing: (() => Promise<unknown>)[],
): Promise<Omit<Core, 'close'>> {
  const { dataDir, stateDir } = config;
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const { lock, notice } = access === 'read' ? { lock: null, notice: [] } : await lockOrLook(dataDir);
  closing.push(async () => lock?.release());
  const warnings: string[] = [];
  const pipeline = await startPipeline(config, (warning) => warnings.push(warning));
  closing.push(() => pipeline.close());
  const { contract } = pipeline.info;
  const { gallery, report } = await openNpyGallery({
    ...{ dataDir, contract, lock, vault },
    move: access === 'repair' ? 'everything' : 'ours',
  });
  closing.push(() => gallery.close());
  const threshold = await thresholdInUse(config, contract);
  const thread = new LearningThread();
  closing.push(() => thread.close());
  const parts = { gallery, contract, thread, stateDir, vault, log, nearest: new NearestMatcher(gallery) };
  const matching = await (open ?? matchingAsSet(config))(parts);
  closing.splice(-1, 1, () => Promise.all([matching.close(), thread.close()]));
  const recognition = new RecognitionService(pipeline, matching, threshold.value);
  const { liveDetectEvery: detectEvery, maxLiveSessions: maxSessions } = config;
  const live = new LiveSessions({ pipeline, matching, gallery, recognition, detectEvery, maxSessions });
  closing.push(() => Promise.resolve(live.close()));
  return {
    pipeline,
    gallery,
    galleryReport: report,
    vault,
    matching,
    thread,
    notices: [...notice, ...warnings, ...galleryNotices(report)],
    enrolment: new Enrolment(pipeline, gallery, { minFacePx: config.minFacePx, gate: config.qualityGate }),
    recognition,
    live,
    people: new People(gallery),
    calibration: new CalibrationService({ gallery, contract, stateDir, vault, thread, threshold }),
  };
}

/** A disk that is full or read-only keeps nobody from being recognised: the gallery is only looked at then. */
async function lockOrLook(dataDir: string): Promise<{ lock: FolderLock | null; notice: string[] }> {
  try {
    return { lock: await FolderLock.take(dataDir), notice: [] };
  } catch (error) {
    if (!(error instanceof RostroError) || error.code !== 'storage_failed') throw error;
    return { lock: null, notice: [`${error.message} The gallery can be read but not changed until the next start.`] };
  }
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
): Promise<PipelinePool> {
  const spec = pipelineSpec(config);
  const embeddingEngine = spec.engine.kind === 'tfjs' ? spec.engine : await fastestEngine(config, warn);
  return PipelinePool.start({ ...spec, embeddingEngine }, { ...config, stuckAfterMs: config.requestDeadlineMs });
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
