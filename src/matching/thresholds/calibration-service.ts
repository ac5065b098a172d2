import { join } from 'node:path';
import { z } from 'zod';
import type { Gallery } from '../../gallery/gallery.js';
import { plainVault, type Vault } from '../../gallery/sealing/vault.js';
import { loadStrangers, emptySamples } from '../classifiers/classifier-store.js';
import type { TrainingThread } from '../classifiers/training-thread.js';
import { type Samples, samplesOf } from '../classifiers/samples.js';
import { readState, writeState } from '../../gallery/sealing/state-file.js';
import type { SearchDistances } from './search-distances.js';
import { calibrate, type Calibration, ratesAt, type SearchRates } from './calibration.js';

/** Origin of the threshold in use. */
export type ThresholdSource = 'set' | 'calibrated' | 'default';

export interface ThresholdInUse {
  readonly value: number;
  readonly source: ThresholdSource;
  /** The applied calibration, if `source` is `calibrated`. */
  readonly applied: AppliedCalibration | null;
}

export interface CalibrationReport extends Calibration {
  /** Rates at the threshold in use. */
  readonly current: SearchRates & { readonly source: ThresholdSource };
}

export const DEFAULT_FAR = 0.01;

export interface CalibrationParts {
  readonly gallery: Pick<Gallery, 'version' | 'people' | 'embedded'>;
  readonly contract: { readonly id: string; readonly dimension: number };
  readonly stateDir: string;
  /** Encrypts the files in `stateDir`. */
  readonly vault: Vault;
  readonly thread: Pick<TrainingThread, 'search'>;
  readonly threshold: ThresholdInUse;
}

/** Recommends a threshold for this gallery. The gallery is searched against itself in a thread, once per change. */
export class CalibrationService {
  #searched: { readonly version: number; readonly searches: Promise<SearchDistances> } | null = null;

  constructor(private readonly parts: CalibrationParts) {}

  get threshold(): ThresholdInUse {
    return this.parts.threshold;
  }

  /**
   * @param far wanted share of impostor searches that return a name, 0..1
   * @param strangers replace the stored ones
   */
  async report(far = DEFAULT_FAR, strangers?: Samples): Promise<CalibrationReport> {
    const { gallery, threshold } = this.parts;
    const people = gallery.people();
    const examples = people.reduce((sum, person) => sum + person.examples.length, 0);
    const searches = await (strangers ? this.#search(strangers) : this.#remembered());
    const current = { ...ratesAt(searches, threshold.value), source: threshold.source };
    return { ...calibrate(searches, { people: people.length, examples }, far), current };
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

const schema = z.strictObject({
  version: z.literal(1),
  contract: z.string(),
  threshold: z.number().gt(0),
  /** Wanted false-accept rate per search. */
  far: z.number().gt(0).max(1),
  /** Number of people enrolled at that time. */
  people: z.int().min(0),
  appliedAt: z.iso.datetime(),
});

export type AppliedCalibration = z.infer<typeof schema>;

/** Contains no biometric data, so it is never encrypted. */
const fileOf = (stateDir: string) => join(stateDir, 'calibration.json');

/** The threshold stored by `rostro calibrate --apply`; null when there is none for this embedder. */
export async function loadCalibration(stateDir: string, contract: string): Promise<AppliedCalibration | null> {
  const stored = await readState(fileOf(stateDir), schema, plainVault);
  return stored?.contract === contract ? stored : null;
}

/** @throws RostroError `storage_failed` */
export function saveCalibration(stateDir: string, calibration: AppliedCalibration): Promise<void> {
  return writeState(fileOf(stateDir), schema, calibration, plainVault);
}
