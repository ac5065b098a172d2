import type { AuditTrail } from '../privacy/audit/trail.js';
import type { Config } from './config.js';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { KeepsNames } from '../events/keeps-names.js';
import type { Logger } from '../shared/logger.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import type { AuditedGallery } from '../privacy/audited-gallery.js';
import type { EmptySubjects } from '../plugins/compreface/empty-subjects.js';
import { Directory } from '../people/directory.js';
import { Enrolment } from '../people/enrolment.js';
import { Erasure } from '../privacy/erasure.js';
import { PersonExports } from '../privacy/person-export.js';
import { Retention } from '../privacy/retention.js';
import { CalibrationService } from '../matching/thresholds/calibration-service.js';
import { LearningThread } from '../matching/classifiers/learning-thread.js';
import { alwaysMatching, type Matching } from '../matching/classifiers/matching.js';
import { TrainedMatching, type TrainedMatchingParts } from '../matching/classifiers/trained-matching.js';
import { LiveSessions } from '../live/live-sessions.js';
import { nobody, ObservedPipeline, type Observer } from '../people/observer.js';
import { People } from '../people/people.js';
import { Readiness } from '../http/readiness.js';
import { RecognitionService } from '../people/recognition.js';
import type { Services } from '../http/services.js';
import type { Gallery } from '../gallery/gallery.js';
import type { GalleryReport } from '../gallery/files/open-npy-gallery.js';
import type { Vault } from '../gallery/sealing/vault.js';
import { bulkServices } from './bulk.js';
import { compreFaceServices } from './compreface.js';
import { closeable, layFoundation, openOn, type Closing, type FoundationChoices } from './foundation.js';
import { startPipeline } from './networks.js';
import { openSearch, type Search } from './searching.js';
import { composeSeeing } from './seeing.js';
import { thresholdInUse } from './threshold.js';

/** Everything that the server and the command line share. */
export interface Core extends Services {
  readonly trail: AuditTrail;
  /** Null where nothing is ever too old. */
  readonly retention: Retention | null;
  readonly pipeline: PipelinePool;
  readonly search: Search;
  readonly matching: Matching;
  readonly thread: LearningThread;
  readonly gallery: Gallery;
  readonly contract: EmbedderContract;
  readonly subjects: EmptySubjects;
  /** Nothing may be written: another process holds the folder's lock, or the disk takes nothing. */
  readonly isReadOnly: boolean;
  readonly galleryReport: GalleryReport;
  readonly vault: Vault;
  /** What is not as one would expect: of the GPU, and what opening the gallery mended or found strange; a sentence each. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

export type OpenMatching = (parts: Omit<TrainedMatchingParts, 'options'>) => Promise<Matching>;

export interface Choices extends FoundationChoices {
  /** Who is told what is done with photos. */
  readonly observer?: (trail: AuditTrail) => Observer;
  /** Another matcher than the one that is set. */
  readonly open?: OpenMatching;
}

/**
 * Loads the networks and opens the gallery.
 * @throws RostroError when a model file or the gallery is not usable; the message says which, and what to do
 */
export function composeCore(config: Config, choices: Choices = {}): Promise<Core> {
  return closeable((closing) => composeWith(config, choices, closing));
}

async function composeWith(config: Config, choices: Choices, closing: Closing): Promise<Omit<Core, 'close'>> {
  const { stateDir } = config;
  const foundation = await layFoundation(config, choices, closing);
  const { trail, vault, log, stores } = foundation;
  const observer = choices.observer?.(trail) ?? nobody;
  const warnings: string[] = [];
  const pipeline = await startPipeline(config, (warning) => warnings.push(warning), observer);
  closing.push(() => pipeline.close());
  const { contract } = pipeline.info;
  const { gallery, ...opened } = await openOn(foundation, config, contract, closing);
  const threshold = await thresholdInUse(config, contract);
  const onlyLooks = choices.access === 'read';
  const search = await openSearch(config, { gallery, finder: opened.finder, contract, vault, log, onlyLooks });
  closing.push(() => search.close());
  const { nearest } = search;
  const thread = new LearningThread();
  closing.push(() => thread.close());
  const parts = { gallery, contract, thread, stateDir, vault, log, nearest };
  const matching = await (choices.open ?? matchingAsSet(config))(parts);
  closing.splice(-1, 1, () => Promise.all([matching.close(), thread.close()]));
  const directory = new Directory(gallery);
  const observed = new ObservedPipeline(pipeline, observer);
  const recognition = new RecognitionService(observed, matching, directory, threshold.value, observer);
  const { liveDetectEvery: detectEvery, maxLiveSessions: maxSessions } = config;
  const liveParts = { matching, gallery, directory, recognition, observer, detectEvery, maxSessions };
  const live = new LiveSessions({ ...liveParts, pipeline: observed });
  closing.push(() => Promise.resolve(live.close()));
  const seeing = composeSeeing(config, { live, gallery, vault, log });
  const subjects = stores.emptySubjects;
  const trustParts = { gallery, matching, trail, contract, vault, log, told: seeing.names, subjects };
  const trust = await trustServices(config, trustParts);
  const { cameras, events, deliveries } = seeing;
  closing.push(() => trust.retention?.close());
  const enrolment = new Enrolment(observed, gallery, { minFacePx: config.minFacePx, gate: config.qualityGate });
  const bulk = bulkServices(config, { enrolment, gallery, subjects, trail, contract });
  closing.push(() => bulk.imports.close());
  const people = new People(gallery);
  const seen = { pipeline: observed, matching, finder: nearest, directory, observer, threshold: threshold.value };
  const compreface = compreFaceServices({
    ...seen,
    gallery,
    empty: subjects,
    people,
    erasure: trust.erasure,
    enrolment,
  });
  closing.push(() => seeing.close());
  return {
    ...trust,
    ...bulk,
    ...{ pipeline, contract, gallery, subjects, vault, search, matching, thread, trail, recognition, live, enrolment },
    ...{ cameras, events, deliveries, people, compreface },
    isReadOnly: opened.isReadOnly,
    galleryReport: opened.report,
    notices: [...foundation.notices, ...warnings, ...opened.notices],
    readiness: new Readiness({ gallery, load: () => pipeline.load, isConnected: opened.isConnected }),
    calibration: new CalibrationService({ gallery, contract, stateDir, vault, thread, threshold }),
  };
}

interface TrustParts {
  readonly gallery: AuditedGallery;
  readonly matching: Matching;
  readonly trail: AuditTrail;
  readonly contract: EmbedderContract;
  readonly vault: Vault;
  readonly log: Logger;
  readonly told: KeepsNames;
  readonly subjects: EmptySubjects;
}

/** What keeps track of people's data, and takes it away. */
async function trustServices(
  { stateDir, retentionDays: days }: Config,
  { gallery, matching, trail, contract, vault, log, told, subjects }: TrustParts,
): Promise<Pick<Core, 'erasure' | 'retention' | 'exports'>> {
  const erasure = new Erasure({ gallery, matching, stateDir, vault, told, subjects });
  return {
    erasure,
    retention: days === undefined ? null : await Retention.open({ gallery, erasure, days, stateDir, log }),
    exports: new PersonExports({ gallery, trail, contract }),
  };
}

function matchingAsSet({ matcher, svmKernel, matchFar }: Config): OpenMatching {
  if (matcher === 'nearest') return ({ nearest }) => Promise.resolve(alwaysMatching(nearest));
  const options = { kind: matcher, kernel: svmKernel, far: matchFar };
  return (parts) => TrainedMatching.open({ ...parts, options });
}
