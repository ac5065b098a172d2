import { auditFolder, auditTrail } from '../audit/open-trail.js';
import type { AuditTrail } from '../audit/trail.js';
import type { Config } from '../config.js';
import type { EmbedderContract } from '../embed/embedder.js';
import { RostroError } from '../errors.js';
import type { KeepsNames } from '../events/keeps-names.js';
import { NearestMatcher } from '../match/nearest.js';
import type { Logger } from '../observe/logger.js';
import { createLogger } from '../observe/pino-logger.js';
import type { PipelinePool } from '../pipeline/pool.js';
import { AuditedGallery } from '../service/audited-gallery.js';
import { Enrolment } from '../service/enrolment.js';
import { Erasure } from '../service/erasure/erasure.js';
import { PersonExports } from '../service/erasure/person-export.js';
import { Retention } from '../service/erasure/retention.js';
import { CalibrationService, type ThresholdInUse } from '../service/learning/calibration.js';
import { loadCalibration } from '../service/learning/calibration-store.js';
import { LearningThread } from '../service/learning/learning-thread.js';
import { alwaysMatching, type Matching } from '../service/learning/matching.js';
import { TrainedMatching, type TrainedMatchingParts } from '../service/learning/trained-matching.js';
import { LiveSessions } from '../service/live/live-sessions.js';
import { ObservedPipeline } from '../service/observed-pipeline.js';
import { nobody, type Observer } from '../service/observer.js';
import { People } from '../service/people.js';
import { Readiness } from '../service/readiness.js';
import { RecognitionService } from '../service/recognition.js';
import type { Services } from '../service/services.js';
import { FolderLock } from '../store/folder-lock.js';
import type { Gallery } from '../store/gallery.js';
import { galleryNotices } from '../store/notices.js';
import { openNpyGallery, type GalleryReport } from '../store/open-npy-gallery.js';
import { readKeys } from '../store/sealing/key-file.js';
import { vaultOf, type Vault } from '../store/sealing/vault.js';
import { startPipeline } from './networks.js';
import { composeSeeing, namesIn } from './seeing.js';

/** Everything that the server and the command line share. */
export interface Core extends Services {
  readonly trail: AuditTrail;
  /** Null where nothing is ever too old. */
  readonly retention: Retention | null;
  readonly pipeline: PipelinePool;
  readonly matching: Matching;
  readonly thread: LearningThread;
  readonly gallery: Gallery;
  /** Nothing may be written: another process holds the folder's lock, or the disk takes nothing. */
  readonly isReadOnly: boolean;
  readonly galleryReport: GalleryReport;
  readonly vault: Vault;
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
  /**
   * `read` for a command that leaves the gallery alone: it needs no lock, and a server may run. `repair` sets aside
   * whatever does not add up, other people's files too. Default: `write`.
   */
  readonly access?: 'read' | 'write' | 'repair';
}

/** What has to be done at the end, last thing first. */
type Closing = (() => Promise<unknown> | undefined)[];

/**
 * Loads the networks and opens the gallery.
 * @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do
 */
export async function composeCore(config: Config, choices: Choices = {}): Promise<Core> {
  const closing: Closing = [];
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

async function composeWith(config: Config, choices: Choices, closing: Closing): Promise<Omit<Core, 'close'>> {
  const { stateDir } = config;
  const { log = createLogger({ level: config.logLevel, format: 'text' }, process.stderr) } = choices;
  const trail = auditTrail(stateDir, config.audit !== 'off');
  closing.push(() => trail.log?.close());
  const observer = choices.observer?.(trail) ?? nobody;
  const store = await openStore(config, choices, closing, observer);
  const { pipeline, vault, contract } = store;
  const gallery = new AuditedGallery(store.gallery, trail);
  const threshold = await thresholdInUse(config, contract);
  const thread = new LearningThread();
  closing.push(() => thread.close());
  const parts = { gallery, contract, thread, stateDir, vault, log, nearest: new NearestMatcher(gallery) };
  const matching = await (choices.open ?? matchingAsSet(config))(parts);
  closing.splice(-1, 1, () => Promise.all([matching.close(), thread.close()]));
  const observed = new ObservedPipeline(pipeline, observer);
  const recognition = new RecognitionService(observed, matching, threshold.value, observer);
  const { liveDetectEvery: detectEvery, maxLiveSessions: maxSessions } = config;
  const liveParts = { matching, gallery, recognition, observer, detectEvery, maxSessions };
  const live = new LiveSessions({ ...liveParts, pipeline: observed });
  closing.push(() => Promise.resolve(live.close()));
  const seeing = composeSeeing(config, { live, gallery, vault, log });
  const trust = await trustServices(config, { gallery, matching, trail, contract, vault, log, told: namesIn(seeing) });
  closing.push(() => trust.retention?.close());
  closing.push(() => seeing.deliveries.close());
  closing.push(() => seeing.cameras.close());
  return {
    ...store,
    ...trust,
    ...{ gallery, matching, thread, trail, recognition, live, ...seeing },
    enrolment: new Enrolment(observed, gallery, { minFacePx: config.minFacePx, gate: config.qualityGate }),
    people: new People(gallery),
    readiness: new Readiness({ gallery, load: () => pipeline.load }),
    calibration: new CalibrationService({ gallery, contract, stateDir, vault, thread, threshold }),
  };
}

type Store = Pick<Core, 'pipeline' | 'gallery' | 'isReadOnly' | 'galleryReport' | 'vault' | 'notices'> & {
  readonly contract: EmbedderContract;
};

/** The lock comes first, so that two servers do not both load networks; the gallery needs to know the embedder. */
async function openStore(
  config: Config,
  { access = 'write' }: Choices,
  closing: Closing,
  observer: Observer,
): Promise<Store> {
  const { dataDir } = config;
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const { lock, notice } = access === 'read' ? { lock: null, notice: [] } : await lockOrLook(dataDir);
  closing.push(() => lock?.release());
  const warnings: string[] = [];
  const pipeline = await startPipeline(config, (warning) => warnings.push(warning), observer);
  closing.push(() => pipeline.close());
  const { contract } = pipeline.info;
  const move = access === 'repair' ? 'everything' : 'ours';
  const { gallery, report } = await openNpyGallery({ dataDir, contract, lock, vault, move });
  closing.push(() => gallery.close());
  const notices = [...notice, ...warnings, ...galleryNotices(report)];
  return { pipeline, gallery, isReadOnly: lock === null, galleryReport: report, vault, notices, contract };
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

interface TrustParts {
  readonly gallery: AuditedGallery;
  readonly matching: Matching;
  readonly trail: AuditTrail;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  readonly told: KeepsNames;
}

/** What keeps track of people's data, and takes it away. */
async function trustServices(
  { stateDir, retentionDays: days }: Config,
  { gallery, matching, trail, contract, vault, log, told }: TrustParts,
): Promise<Pick<Core, 'erasure' | 'retention' | 'exports'>> {
  const erasure = new Erasure({ gallery, matching, stateDir, vault, told });
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
