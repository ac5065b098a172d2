import type { Gallery } from '../../gallery/gallery.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { loadStrangers, emptySamples } from '../classifiers/classifier-store.js';
import type { TrainingThread } from '../classifiers/training-thread.js';
import { type Samples, samplesOf } from '../classifiers/samples.js';
import { RostroError } from '../../shared/errors.js';
import type { AppliedCalibration } from './applied-calibration.js';
import type { SearchDistances } from './search-distances.js';
import { calibrate, type Calibration, ratesAt, type SearchRates } from './calibration.js';
import type { GalleryThreshold, ThresholdInUse, ThresholdOrigin } from './threshold-source.js';

export interface CalibrationReport extends Calibration {
  /** Rates at the threshold in use. */
  readonly current: SearchRates & { readonly source: ThresholdOrigin };
  /** Whether {@link CalibrationService.apply} has an effect: `THRESHOLD` is not set. */
  readonly settable: boolean;
}

export const DEFAULT_FAR = 0.01;

export interface CalibrationParts {
  readonly gallery: Pick<Gallery, 'version' | 'people' | 'embedded'>;
  readonly contract: { readonly id: string; readonly dimension: number };
  readonly stateDir: string;
  /** Encrypts the files in `stateDir`. */
  readonly vault: Vault;
  readonly thread: Pick<TrainingThread, 'search'>;
  readonly threshold: Pick<GalleryThreshold, 'inUse' | 'isSettable' | 'apply' | 'reset'>;
}

/** A threshold, or the rate whose recommended threshold is taken, or both. */
export interface ThresholdChoice {
  /** Null for the default. */
  readonly threshold?: number | null | undefined;
  readonly far?: number | undefined;
}

/** Recommends a threshold for this gallery. The gallery is searched against itself in a thread, once per change. */
export class CalibrationService {
  #searched: { readonly version: number; readonly searches: Promise<SearchDistances> } | null = null;

  constructor(private readonly parts: CalibrationParts) {}

  get threshold(): ThresholdInUse {
    return this.parts.threshold.inUse;
  }

  /** Whether {@link apply} has an effect: `THRESHOLD` is not set. */
  get isSettable(): boolean {
    return this.parts.threshold.isSettable;
  }

  /**
   * @param far wanted share of impostor searches that return a name, 0..1
   * @param strangers replace the stored ones
   */
  async report(far = DEFAULT_FAR, strangers?: Samples): Promise<CalibrationReport> {
    const { gallery, threshold } = this.parts;
    const { value, source } = threshold.inUse;
    const people = gallery.people();
    const examples = people.reduce((sum, person) => sum + person.examples.length, 0);
    const searches = await (strangers ? this.#search(strangers) : this.#remembered());
    const current = { ...ratesAt(searches, value), source };
    const settable = threshold.isSettable;
    return { ...calibrate(searches, { people: people.length, examples }, far), current, settable };
  }

  /**
   * Stores a threshold and uses it from now on, unless `THRESHOLD` is set; forgets the stored one for null.
   * @throws RostroError `too_few_examples` if there is no threshold to recommend; `storage_failed`
   */
  async apply({ threshold, far }: ThresholdChoice): Promise<AppliedCalibration> {
    const { contract, gallery } = this.parts;
    const common = { version: 1, contract: contract.id, people: gallery.people().length } as const;
    const appliedAt = new Date().toISOString();
    if (threshold === null) {
      await this.parts.threshold.reset();
      return { ...common, threshold: this.threshold.value, far: null, appliedAt };
    }
    const chosen = threshold ?? (await this.report(far)).recommended?.threshold ?? 0;
    if (chosen <= 0) {
      throw new RostroError('too_few_examples', 'Nothing was stored: there is no threshold to recommend.');
    }
    const applied: AppliedCalibration = {
      ...common,
      threshold: chosen,
      far: far ?? (threshold === undefined ? DEFAULT_FAR : null),
      appliedAt,
    };
    await this.parts.threshold.apply(applied);
    return applied;
  }

  #remembered(): Promise<SearchDistances> {
    const { version } = this.parts.gallery;
    if (this.#searched?.version === version) return this.#searched.searches;
    const searches = this.#search();
    this.#searched = { version, searches };
    searches.catch(() => (this.#searched = null));
    return searches;
  }

  async #search(given?: Samples): Promise<SearchDistances> {
    const { gallery, contract, stateDir, vault, thread } = this.parts;
    const samples = samplesOf(gallery.embedded());
    const strangers = given ?? (await loadStrangers(stateDir, contract.id, vault)) ?? emptySamples(contract.dimension);
    return thread.search(samples, strangers);
  }
}
