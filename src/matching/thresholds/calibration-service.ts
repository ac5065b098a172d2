import { join } from 'node:path';
import { z } from 'zod';
import type { Gallery } from '../../gallery/gallery.js';
import { plainVault, type Vault } from '../../gallery/sealing/vault.js';
import { loadStrangers, noSamples } from '../classifiers/classifier-store.js';
import type { LearningThread } from '../classifiers/learning-thread.js';
import { type Samples, samplesOf } from '../classifiers/samples.js';
import { readState, writeState } from '../classifiers/state-file.js';
import type { Searches } from '../searches.js';
import { calibrate, type Calibration, ratesAt, type SearchRates } from './calibration.js';

/** Where the threshold in use comes from. */
export type ThresholdSource = 'set' | 'calibrated' | 'default';

export interface ThresholdInUse {
  readonly value: number;
  readonly source: ThresholdSource;
  /** What was applied, where the source is `calibrated`. */
  readonly applied: AppliedCalibration | null;
}

export interface CalibrationReport extends Calibration {
  /** What happens at the threshold in use. */
  readonly current: SearchRates & { readonly source: ThresholdSource };
}

export const DEFAULT_FAR = 0.01;

export interface CalibrationParts {
  readonly gallery: Pick<Gallery, 'version' | 'people' | 'embedded'>;
  readonly contract: { readonly id: string; readonly dimension: number };
  readonly stateDir: string;
  /** Of what is kept in `stateDir`. */
  readonly vault: Vault;
  readonly thread: Pick<LearningThread, 'search'>;
  readonly threshold: ThresholdInUse;
}

/** Which threshold suits this gallery. Searching it against itself happens once a change, in a thread. */
export class CalibrationService {
  #searched: { readonly version: number; readonly searches: Promise<Searches> } | null = null;

  constructor(private readonly parts: CalibrationParts) {}

  get threshold(): ThresholdInUse {
    return this.parts.threshold;
  }

  /**
   * @param far the wanted share of searches by strangers that end in a name, 0..1
   * @param strangers in place of those that are remembered
   */
  async report(far = DEFAULT_FAR, strangers?: Samples): Promise<CalibrationReport> {
    const { gallery, threshold } = this.parts;
    const everyone = gallery.people();
    const examples = everyone.reduce((sum, person) => sum + person.examples.length, 0);
    const searches = await (strangers ? this.#search(strangers) : this.#remembered());
    const current = { ...ratesAt(searches, threshold.value), source: threshold.source };
    return { ...calibrate(searches, { people: everyone.length, examples }, far), current };
  }

  #remembered(): Promise<Searches> {
    const { version } = this.parts.gallery;
    if (this.#searched?.version === version) return this.#searched.searches;
    const searches = this.#search();
    this.#searched = { version, searches };
    searches.catch(() => (this.#searched = null));
    return searches;
  }

  async #search(given?: Samples): Promise<Searches> {
    const { gallery, contract, stateDir, vault, thread } = this.parts;
    const samples = samplesOf(gallery.embedded());
    const strangers = given ?? (await loadStrangers(stateDir, contract.id, vault)) ?? noSamples(contract.dimension);
    return thread.search(samples, strangers);
  }
}

const schema = z.strictObject({
  version: z.literal(1),
  contract: z.string(),
  threshold: z.number().gt(0),
  /** The false-accept rate a search that it was chosen for. */
  far: z.number().gt(0).max(1),
  /** How many people were enrolled then. */
  people: z.int().min(0),
  appliedAt: z.iso.datetime(),
});

export type AppliedCalibration = z.infer<typeof schema>;

/** It holds nobody's face, so it is never encrypted. */
const fileOf = (stateDir: string) => join(stateDir, 'calibration.json');

/** The threshold that `rostro calibrate --apply` stored; null where there is none for this embedder. */
export async function loadCalibration(stateDir: string, contract: string): Promise<AppliedCalibration | null> {
  const stored = await readState(fileOf(stateDir), schema, plainVault);
  return stored?.contract === contract ? stored : null;
}

/** @throws RostroError `storage_failed` */
export function saveCalibration(stateDir: string, calibration: AppliedCalibration): Promise<void> {
  return writeState(fileOf(stateDir), schema, calibration, plainVault);
}
