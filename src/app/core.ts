import { join } from 'node:path';
import { Attendance } from '../attendance/attendance.js';
import { PictureMarks } from '../attendance/picture-marks.js';
import { Challenges } from '../challenges/challenges.js';
import { ChallengeTokens } from '../challenges/tokens.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import { licencesOf } from '../faces/pipeline/spec.js';
import type { GalleryReport } from '../gallery/files/open-npy-gallery.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { History } from '../history/history.js';
import { SightingCorrection } from '../history/sighting-correction.js';
import { Strangers } from '../history/strangers.js';
import { Readiness } from '../http/readiness.js';
import type { Services } from '../http/services.js';
import { LiveSessions } from '../live/live-sessions.js';
import {
  TrainedMatcherSource,
  type TrainedMatcherSourceOptions,
} from '../matching/classifiers/trained-matcher-source.js';
import { TrainingThread } from '../matching/classifiers/training-thread.js';
import { fixedMatcherSource, type MatcherSource } from '../matching/matcher.js';
import { Corrections } from '../matching/negatives.js';
import { CalibrationService } from '../matching/thresholds/calibration-service.js';
import type { GalleryThreshold } from '../matching/thresholds/threshold-source.js';
import { Correction } from '../people/correction.js';
import { Enrolment } from '../people/enrolment.js';
import { PersonLookup } from '../people/naming.js';
import { noObserver, ObservedPipeline, type Observer } from '../people/observer.js';
import { People } from '../people/people.js';
import { RecognitionService } from '../people/recognition.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import { AuditedSightings } from '../privacy/audited-sightings.js';
import { Erasure } from '../privacy/erasure.js';
import { PersonExports } from '../privacy/person-export.js';
import type { PluginData } from '../privacy/plugin-data.js';
import { Retention } from '../privacy/retention.js';
import { BackupExporter } from '../transfer/backup/backup.js';
import { ImportJobs } from '../transfer/import/import-jobs.js';
import { Importer } from '../transfer/import/importer.js';
import { type CameraServicesParts, composeCameras } from './cameras.js';
import type { Config } from './config.js';
import { HealthCheck } from './health.js';
import { LiveSettings } from './live-settings.js';
import { applyThreshold, openSearch, openThreshold, type Search } from './matching.js';
import { ModelChange } from './model-change.js';
import { chooseForGallery, pipelineSpec, startPipeline } from './pipeline.js';
import { dataOf, pluginStatuses } from './plugins.js';
import { openStorage, openStoredGallery, withCleanup, type Cleanup, type StorageOptions } from './storage.js';

/** The parts of a running Rostro: used by the server and by the commands that look at photos. */
export interface Core extends Services {
  readonly trail: AuditTrail;
  readonly retention: Retention;
  readonly pipeline: PipelinePool;
  readonly search: Search;
  readonly matching: MatcherSource;
  readonly threshold: GalleryThreshold;
  readonly settings: LiveSettings;
  readonly trainingThread: TrainingThread;
  readonly gallery: Gallery;
  readonly contract: EmbedderContract;
  readonly pluginData: readonly PluginData[];
  /** Nothing can be written: the disk is full or read-only, or a command only reads. */
  readonly isReadOnly: boolean;
  readonly galleryReport: GalleryReport;
  readonly vault: Vault;
  /** Warnings of the GPU and of opening the gallery, a sentence each. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

export type OpenMatching = (parts: Omit<TrainedMatcherSourceOptions, 'options'>) => Promise<MatcherSource>;

export interface CoreOptions extends StorageOptions {
  /** Observes what is done with photos. */
  readonly observer?: (trail: AuditTrail) => Observer;
  /** Replaces the matcher of `MATCHER`. */
  readonly openMatching?: OpenMatching;
}

/**
 * Loads the networks and opens the gallery.
 * @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do
 */
export function composeCore(config: Config, options: CoreOptions = {}): Promise<Core> {
  return withCleanup((cleanup) => composeWith(config, options, cleanup));
}

async function composeWith(given: Config, options: CoreOptions, cleanup: Cleanup): Promise<Omit<Core, 'close'>> {
  const storage = await openStorage(given, options, cleanup);
  const { trail, vault, log, stores } = storage;
  const chosen = await chooseForGallery(given, { ...stores, vault }, options.embedderIfEmpty);
  const settings = await LiveSettings.open(given, stores.settings, trail);
  cleanup.push(() => Promise.resolve(settings.close()));
  const { notices: warnings } = chosen;
  const config = withLivenessNetworks(chosen.config, settings);
  const { stateDir } = config.storage;
  const observer = options.observer?.(trail) ?? noObserver;
  const pool = await startPipeline(config, (warning) => warnings.push(warning), observer);
  cleanup.push(() => pool.close());
  const { contract } = pool.info;
  const { gallery, ...opened } = await openStoredGallery(storage, config, contract, cleanup);
  const readOnly = options.access === 'read';
  const search = await openSearch(config, { gallery, finder: opened.finder, contract, log, readOnly });
  cleanup.push(() => search.close());
  const { nearest } = search;
  const trainingThread = new TrainingThread();
  cleanup.push(() => trainingThread.close());
  const matchingParts = { gallery, contract, thread: trainingThread, stateDir, vault, log, nearest };
  const corrections = new Corrections({ gallery, finder: nearest });
  const matching = corrections.source(await (options.openMatching ?? configuredMatching(config))(matchingParts));
  cleanup.splice(-1, 1, () => Promise.all([matching.close(), trainingThread.close()]));
  const threshold: GalleryThreshold = await openThreshold(config, {
    gallery,
    contract,
    store: stores.calibrations,
    measure: (far) => calibration.report(far),
  });
  cleanup.push(() => Promise.resolve(threshold.close()));
  const calibrationParts = { gallery, contract, stateDir, vault, thread: trainingThread, threshold };
  const calibration = new CalibrationService(calibrationParts);
  const pipeline = new ObservedPipeline(pool, observer);
  const lookup = new PersonLookup(gallery);
  // Another server may have stored `require`: without the networks, this one names nobody then.
  const checksLiveness = pool.info.livenessThreshold !== null;
  const liveness = () => (checksLiveness || settings.values.LIVENESS === 'require' ? settings.values.LIVENESS : 'off');
  const recognition = new RecognitionService(pipeline, matching, lookup, threshold, observer, liveness);
  const { detectEvery, maxSessions } = config.live;
  const sessions = { detectEvery, maxSessions };
  const { HISTORY_DAYS: historyDays, STRANGER_DAYS: strangerDays } = settings.values;
  const strangers = new Strangers({ store: stores.sightings, contract, threshold, log });
  const history = new History({
    store: stores.sightings,
    days: historyDays,
    strangerDays,
    strangers,
    gallery,
    log,
  });
  cleanup.push(() => history.close());
  const recording = !opened.isReadOnly ? { history, contract: contract.id } : null;
  const live = new LiveSessions({
    matching,
    gallery,
    lookup,
    recognition,
    observer,
    pipeline,
    ...sessions,
    history: recording,
  });
  cleanup.push(() => Promise.resolve(live.close()));
  const challenges = new Challenges({
    pipeline,
    matching,
    lookup,
    thresholds: threshold,
    observer,
    tokens: new ChallengeTokens(stateDir, vault),
  });
  const attendance = new Attendance({ store: stores.attendance, gallery, trail });
  const pictureMarks = new PictureMarks({ store: stores.attendance, recognition, live, log });
  const onFaces: CameraServicesParts['onFaces'] = opened.isReadOnly
    ? undefined
    : (camera, faces) => void pictureMarks.seenBy(camera, faces);
  const cameraServices = composeCameras(config, { live, gallery, vault, log, history: recording, onFaces });
  const { cameras, events, deliveries, redactor } = cameraServices;
  const pluginData = dataOf(stores.plugins);
  const enrolment = new Enrolment(pipeline, gallery, config.enrolment, config.liveness.toEnrol, config.privacy.consent);
  const correction = new Correction(pipeline, gallery);
  cleanup.push(() => Promise.resolve(correction.close()));
  const bulk = bulkServices(config, { enrolment, gallery, attendance, pluginData, trail, contract });
  cleanup.push(() => bulk.imports.close());
  const { imports } = bulk;
  const erasure = new Erasure({ gallery, matching, stateDir, vault, redactor, pluginData, imports });
  const days = settings.values.RETENTION_DAYS ?? null;
  const retention = await Retention.open({ gallery, erasure, days, stateDir, log });
  cleanup.push(() => retention.close());
  const exports = new PersonExports({ gallery, trail, contract, sightings: stores.sightings, attendance });
  const people = new People(gallery);
  const naming = { matching, finder: corrections, lookup, threshold };
  cleanup.push(() => cameraServices.close());
  const readiness = new Readiness({ gallery, load: () => pool.load, isConnected: opened.isConnected });
  const health = new HealthCheck({
    config,
    pipeline: pool,
    gallery,
    galleryReport: opened.report,
    isReadOnly: opened.isReadOnly,
    readiness,
    live,
    cameras,
    deliveries,
    recognition,
    people,
  });
  cleanup.push(() => health.close());
  const running = contract.name;
  const modelChange = new ModelChange({ config, database: stores.database, vault, running, log });
  cleanup.push(() => modelChange.close());
  return {
    erasure,
    retention,
    exports,
    ...bulk,
    pipeline: pool,
    contract,
    gallery,
    vault,
    search,
    matching,
    trainingThread,
    trail,
    pluginData,
    sightingCorrection: new SightingCorrection({
      store: stores.sightings,
      strangers,
      gallery,
      enrolment,
      correction,
      eraseExample: (name, id) => erasure.example(name, id),
    }),
    auditedSightings: new AuditedSightings({ sightings: stores.sightings, gallery, trail }),
    attendance,
    pictureMarks,
    recognition,
    live,
    challenges,
    enrolment,
    correction,
    people,
    cameras,
    events,
    deliveries,
    history,
    strangers,
    plugins: pluginStatuses(config),
    licences: licencesOf(pipelineSpec(config)),
    forPlugins: { gallery, people, erasure, enrolment, pipeline, observer, liveness, ...naming },
    isReadOnly: opened.isReadOnly,
    galleryReport: opened.report,
    notices: [...storage.notices, ...warnings, ...opened.notices],
    readiness,
    health,
    modelChange,
    threshold,
    settings,
    calibration,
    applyThreshold: applyThreshold(trail, calibration),
  };
}

/** A stored `require` needs the networks. A stored `off` does not: they are loaded all the same, so that it may change. */
function withLivenessNetworks(config: Config, settings: LiveSettings): Config {
  if (settings.isFixed('LIVENESS') || settings.values.LIVENESS !== 'require') return config;
  return { ...config, liveness: { ...config.liveness, policy: 'require' } };
}

function configuredMatching({ search: { matcher, svmKernel, far } }: Config): OpenMatching {
  if (matcher === 'nearest') return ({ nearest }) => Promise.resolve(fixedMatcherSource(nearest));
  const options = { kind: matcher, kernel: svmKernel, far };
  return (parts) => TrainedMatcherSource.open({ ...parts, options });
}

/** Photos of an import in the queue for each worker; few, so that other requests do not wait long. */
const PHOTOS_PER_WORKER = 3;

/** Import and backup. */
function bulkServices(
  { limits: { maxImageBytes }, storage: { stateDir }, compute: { workers }, privacy: { consent } }: Config,
  parts: {
    enrolment: Enrolment;
    gallery: Gallery;
    attendance: Attendance;
    pluginData: readonly PluginData[];
    trail: AuditTrail;
    contract: EmbedderContract;
  },
): Pick<Services, 'imports' | 'backups'> {
  const importer = new Importer({ ...parts, maxImageBytes, consent });
  const folder = join(stateDir, 'import');
  const concurrency = workers * PHOTOS_PER_WORKER;
  return {
    imports: new ImportJobs({ importer, folder, maxImageBytes, concurrency }),
    backups: new BackupExporter(parts),
  };
}
