import type { EmbedderContract } from '../../faces/embed/embedder.js';
import type { AppliedCalibration, CalibrationStore } from './applied-calibration.js';
import type { Calibration, CalibrationWarning } from './calibration.js';
import { falseMatchRate, type ImpostorTable, thresholdFor } from './impostors.js';

/**
 * Where the threshold in use comes from: the setting `THRESHOLD`, the size of the gallery, a stored calibration, or the
 * embedder.
 */
export const THRESHOLD_ORIGINS = ['set', 'auto', 'calibrated', 'default'] as const;
export type ThresholdOrigin = (typeof THRESHOLD_ORIGINS)[number];

export interface ThresholdInUse {
  readonly value: number;
  readonly source: ThresholdOrigin;
  /** The applied calibration, if `source` is `calibrated`. */
  readonly applied: AppliedCalibration | null;
}

/** The threshold, which may change while the server runs: read it once for each photo. */
export interface ThresholdSource {
  /** Plain Euclidean distance at or below which a person is named. */
  current(): number;
  /**
   * The share of strangers who would come this near to one of so many examples, 0..1, two significant digits.
   * @returns null without a distance, and for an embedder without an impostor table
   */
  falseMatchRate(distance: number | null, examples: number): number | null;
}

/** @param impostors of the embedder, if there are any */
export function fixedThreshold(value: number, impostors?: ImpostorTable): ThresholdSource {
  return {
    current: () => value,
    falseMatchRate: (distance, examples) => rateIn(usable(impostors), distance, examples),
  };
}

/** Without these warnings, the gallery has enough searches by strangers to draw a line from. */
const TOO_LITTLE: readonly CalibrationWarning[] = ['no_searches', 'few_searches', 'few_people'];
/** Thresholds are rounded down to this step. */
const STEPS_A_UNIT = 1000;
const CHECK_EVERY_MS = 2000;
/** Between two searches of a gallery against itself. */
const MEASURE_EVERY_MS = 60_000;
/** With fewer people, few strangers are named at any usual threshold. */
const NOTE_ABOVE_PEOPLE = 20;

export interface GalleryThresholdParts {
  readonly gallery: {
    readonly version: number;
    people(): readonly { readonly examples: { readonly length: number } }[];
  };
  readonly contract: Pick<EmbedderContract, 'id' | 'name' | 'threshold' | 'impostors' | 'thresholdFollowsGallery'>;
  readonly store: CalibrationStore;
  /** `THRESHOLD`; undefined where it is not set. */
  readonly setting: number | 'auto' | undefined;
  /** Share of the searches by strangers that may get a name, 0..1. */
  readonly far: number;
  /** Calibrates the gallery, for `auto` with an embedder that has no impostor table. */
  readonly measure: (far: number) => Promise<Pick<Calibration, 'recommended' | 'warnings'>>;
}

/** The threshold for one version of the gallery. */
interface Chosen {
  readonly version: number;
  readonly examples: number;
  readonly inUse: ThresholdInUse;
}

/**
 * The threshold of a gallery: `THRESHOLD`, else the stored calibration, else the line that follows the gallery for embedders
 * that ask for it, else the embedder's own.
 */
export class GalleryThreshold implements ThresholdSource {
  readonly #table: ImpostorTable | null;
  #applied: AppliedCalibration | null = null;
  /** Of the store at the last reading. */
  #state = '';
  #chosen: Chosen | null = null;
  /** From the gallery itself; the threshold is null where it is too small. */
  #measured: { readonly version: number; readonly at: number; readonly threshold: number | null } | null = null;
  #measuring: Promise<void> | null = null;
  #ticker: NodeJS.Timeout | null = null;

  private constructor(private readonly parts: GalleryThresholdParts) {
    this.#table = usable(parts.contract.impostors);
  }

  static async open(parts: GalleryThresholdParts): Promise<GalleryThreshold> {
    const source = new GalleryThreshold(parts);
    await source.reload();
    return source;
  }

  /** Recomputed when the gallery has changed. */
  get inUse(): ThresholdInUse {
    return this.#now().inUse;
  }

  current(): number {
    return this.inUse.value;
  }

  falseMatchRate(distance: number | null, examples: number): number | null {
    return rateIn(this.#table, distance, examples);
  }

  /** The share of strangers who get a name at the threshold in use; null where the embedder has no impostor table. */
  get strangersNamed(): number | null {
    const { inUse, examples } = this.#now();
    return examples === 0 ? null : this.falseMatchRate(inUse.value, examples);
  }

  /** Whether a stored calibration has an effect: `THRESHOLD` is not set. */
  get isSettable(): boolean {
    return this.parts.setting === undefined;
  }

  /** What an administrator should know, one sentence; null for nothing. */
  get note(): string | null {
    const { setting, contract, gallery, far } = this.parts;
    const { source, value } = this.inUse;
    if (setting === 'auto' && source === 'default') {
      return `THRESHOLD=auto needs a table of strangers, which ${contract.name} has not, or a gallery with enough people to measure; its own threshold of ${value} is in use`;
    }
    const people = gallery.people().length;
    const named = this.strangersNamed;
    if (source !== 'default' || people <= NOTE_ABOVE_PEOPLE || named === null || named <= far) return null;
    return `with ${people} people, up to ${percent(named)} of strangers get a name at ${value}; THRESHOLD=auto would set it to ${this.#fromTable()} (${percent(far)})`;
  }

  /** Stores a threshold and uses it from now on. @throws RostroError `storage_failed`, `database_unreachable` */
  async apply(calibration: AppliedCalibration): Promise<void> {
    await this.parts.store.save(calibration);
    await this.reload();
  }

  /** Forgets the stored threshold: the default is in use again. @throws RostroError `database_unreachable` */
  async reset(): Promise<void> {
    const { store, contract } = this.parts;
    await store.clear(contract.id);
    await this.reload();
  }

  /** Reads the stored calibration if it has changed since the last reading. @throws RostroError `database_unreachable` */
  async reload(): Promise<void> {
    const { store, contract } = this.parts;
    const state = await store.state(contract.id);
    if (state === this.#state) return;
    this.#applied = await store.load(contract.id);
    this.#state = state;
    this.#chosen = null;
  }

  /** Follows the stored calibration, and the gallery where it has to be measured. */
  watch(): void {
    void this.#measure();
    this.#ticker ??= setInterval(() => {
      // While the database does not answer, the last threshold stays in use.
      this.reload().catch(() => undefined);
      void this.#measure();
    }, CHECK_EVERY_MS).unref();
  }

  /** Resolves when the gallery is measured where that is needed. Commands await it, the server does not. */
  ready(): Promise<void> {
    return this.#measure();
  }

  close(): void {
    if (this.#ticker) clearInterval(this.#ticker);
    this.#ticker = null;
  }

  #now(): Chosen {
    const { version } = this.parts.gallery;
    if (this.#chosen?.version === version) return this.#chosen;
    const examples = this.parts.gallery.people().reduce((sum, person) => sum + person.examples.length, 0);
    this.#chosen = { version, examples, inUse: this.#choose(examples) };
    return this.#chosen;
  }

  #choose(examples: number): ThresholdInUse {
    const { setting, contract } = this.parts;
    if (typeof setting === 'number') return { value: setting, source: 'set', applied: null };
    const applied = this.#applied;
    if (setting === undefined && applied) return { value: applied.threshold, source: 'calibrated', applied };
    const follows = setting === 'auto' || contract.thresholdFollowsGallery === true;
    const auto = follows ? (this.#table ? this.#fromTable(examples) : (this.#measured?.threshold ?? null)) : null;
    if (auto === null) return { value: contract.threshold, source: 'default', applied: null };
    return { value: auto, source: 'auto', applied: null };
  }

  #fromTable(examples = this.#now().examples): number {
    const exact = thresholdFor(this.#table!, this.parts.far, examples);
    return Math.max(1, Math.floor(exact * STEPS_A_UNIT)) / STEPS_A_UNIT;
  }

  /** Only for `THRESHOLD=auto` without an impostor table. Never rejects: a gallery that cannot be measured has no line. */
  #measure(): Promise<void> {
    const { setting, gallery } = this.parts;
    if (setting !== 'auto' || this.#table !== null) return Promise.resolve();
    const last = this.#measured;
    const isDue = last === null || (last.version !== gallery.version && Date.now() - last.at >= MEASURE_EVERY_MS);
    if (isDue) this.#measuring ??= this.#measureNow().finally(() => (this.#measuring = null));
    return this.#measuring ?? Promise.resolve();
  }

  async #measureNow(): Promise<void> {
    const { measure, far, gallery } = this.parts;
    const { version } = gallery;
    const found = await measure(far).catch(() => null);
    const isEnough = found !== null && !found.warnings.some((warning) => TOO_LITTLE.includes(warning));
    const threshold = isEnough ? (found.recommended?.threshold ?? null) : null;
    this.#measured = { version, at: Date.now(), threshold: threshold === 0 ? null : threshold };
    this.#chosen = null;
  }
}

/** Two rows at least, with falling distances; null for what cannot be used. */
function usable(table: ImpostorTable | undefined): ImpostorTable | null {
  if (table === undefined || table.length < 2) return null;
  return table.every(([, distance], i) => i === 0 || distance < table[i - 1][1]) ? table : null;
}

function rateIn(table: ImpostorTable | null, distance: number | null, examples: number): number | null {
  if (table === null || distance === null) return null;
  return Number(falseMatchRate(table, distance, Math.max(1, examples)).toPrecision(2));
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
