import { availableParallelism } from 'node:os';
import type { EmbedderContract } from '../faces/embed/embedder.js';
import type { Gallery } from '../gallery/gallery.js';
import type { Matcher, PeopleFinder } from '../matching/matcher.js';
import { RemoteNearestMatcher, NearestMatcher } from '../matching/nearest.js';
import type { SearchableGallery } from '../matching/search/gallery-rows.js';
import { GrowingSearcher } from '../matching/search/search-index.js';
import type { SearchThreadSpec } from '../matching/search/search-messages.js';
import { discardSavedGraph, SearchThread } from '../matching/search/search-thread.js';
import { type AppliedCalibration, CalibrationFile } from '../matching/thresholds/applied-calibration.js';
import type { CalibrationService, ThresholdChoice } from '../matching/thresholds/calibration-service.js';
import {
  GalleryThreshold,
  type GalleryThresholdParts,
  type ThresholdInUse,
} from '../matching/thresholds/threshold-source.js';
import type { AuditTrail } from '../privacy/audit/trail.js';
import type { Logger } from '../shared/logger.js';
import type { Config } from './config.js';

/** Of the embedder's threshold: photos of one person are mostly nearer (0.65 of FaceNet's 1.1), strangers hardly ever. */
const NEAR_SHARE = 0.8;

/** Finds the nearest people of the gallery. */
export interface Search {
  readonly nearest: Matcher & PeopleFinder;
  /** Loads the current gallery into the search, so that the first request does not wait for it. */
  sync(): void;
  close(): Promise<void>;
}

export interface SearchParts {
  readonly gallery: Pick<Gallery, 'version' | 'embedded'>;
  /** Searches in the database; null if all embeddings are in memory. */
  readonly finder: PeopleFinder | null;
  readonly contract: EmbedderContract;
  readonly log: Logger;
  /** For a command that changes nothing and ends before an approximate search would be ready. */
  readonly readOnly: boolean;
}

/** A search in the database, in this thread, or in a thread that starts when the gallery is large. */
export async function openSearch(
  { search: { mode }, storage: { stateDir } }: Config,
  { gallery, finder, contract, log, readOnly: onlyLooks }: SearchParts,
): Promise<Search> {
  if (!onlyLooks) await discardSavedGraph(stateDir);
  if (finder)
    return { nearest: new RemoteNearestMatcher(finder), sync: () => undefined, close: () => Promise.resolve() };
  const spec: SearchThreadSpec = {
    mode: modeOf(mode, onlyLooks),
    threads: availableParallelism(),
    near: NEAR_SHARE * contract.threshold,
  };
  const thread = new SearchThread(spec, log);
  const searcher = spec.mode === 'approximate' ? thread : new GrowingSearcher(thread);
  const nearest = new NearestMatcher(searchable(gallery), searcher);
  return { nearest, sync: () => nearest.sync(), close: () => thread.close() };
}

function modeOf(search: Config['search']['mode'], onlyLooks: boolean): SearchThreadSpec['mode'] {
  if (search === 'plain') return search;
  return onlyLooks || search === 'pgvector' ? 'exact' : search;
}

/** A gallery with its embeddings in memory, for `NearestMatcher`. */
export function searchable(gallery: Pick<Gallery, 'version' | 'embedded'>): SearchableGallery {
  return {
    get version() {
      return gallery.version;
    },
    people: () => gallery.embedded(),
  };
}

/** The threshold of a gallery; see {@link GalleryThreshold}. */
export function openThreshold(
  { search: { threshold: setting, far } }: Config,
  parts: Pick<GalleryThresholdParts, 'gallery' | 'contract' | 'store' | 'measure'>,
): Promise<GalleryThreshold> {
  return GalleryThreshold.open({ ...parts, setting, far });
}

/** Stores a threshold and records it in the audit log. */
export function applyThreshold(
  trail: AuditTrail,
  calibration: CalibrationService,
): (choice: ThresholdChoice) => Promise<AppliedCalibration> {
  const facts = ({ threshold, far }: AppliedCalibration) => ({ threshold, far });
  return async (choice) => (await trail.change('calibrate', null, () => calibration.apply(choice), facts)).result;
}

/** The threshold for a gallery of so many examples that is not open. */
export async function effectiveThreshold(
  config: Config,
  contract: EmbedderContract,
  examples = 1,
): Promise<ThresholdInUse> {
  const gallery = { version: 0, people: () => [{ examples: { length: examples } }] };
  const measure = () => Promise.reject(new Error('there is no gallery to measure'));
  const store = new CalibrationFile(config.storage.stateDir);
  return (await openThreshold(config, { gallery, contract, store, measure })).inUse;
}
