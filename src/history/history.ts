import type { Gallery } from '../gallery/gallery.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { SerialQueue } from '../shared/queue.js';
import type { SightingStore } from './sighting-store.js';
import type { Strangers } from './strangers.js';
import { daysBefore, firstSeen, type NewSighting, type SightingChange, type SightingFace } from './sighting.js';

export interface HistoryParts {
  readonly store: SightingStore;
  /** Sightings are kept for so many days; 0 records nothing. See {@link History.setDays}. */
  readonly days: number;
  /** Those of strangers are kept for so many days, at most `days`. */
  readonly strangerDays: number;
  readonly strangers: Pick<Strangers, 'start' | 'place' | 'close'>;
  readonly gallery: Pick<Gallery, 'people' | 'person'>;
  readonly log: Logger;
  readonly now?: () => Date;
}

/** Makes a face just before it is stored: crops are encoded only then. */
export type FaceMaker = () => Promise<SightingFace>;

/** Records who was seen. Its methods return at once, before anything is on the disk. */
export interface SightingRecorder {
  /** May change. While it is off, nothing is recorded. */
  readonly isOn: boolean;
  begin(sighting: NewSighting, face: FaceMaker): void;
  /** @param face null: stays as it is */
  change(id: string, change: SightingChange, face: FaceMaker | null): void;
  /** Removes a sighting that turned out to be part of another. */
  discard(id: string): void;
}

const INTERVAL_MS = 60 * 60 * 1000;
/** Sightings that wait for the disk; more are lost, with a line in the log, rather than fill the memory. */
const MAX_WAITING = 1000;

/** Who was seen when: records sightings, and erases those that are older than the limit. */
export class History implements SightingRecorder {
  readonly store: SightingStore;
  #days: number;
  #strangerDays: number;
  private readonly recordings = new SerialQueue();
  private waiting = 0;
  /** The history was switched off while the server runs, and what was recorded is not erased yet. */
  private erasesAll = false;
  private timer: NodeJS.Timeout | null = null;
  private pruning: Promise<unknown> = Promise.resolve();
  private comparing: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: HistoryParts) {
    this.store = parts.store;
    this.#days = parts.days;
    this.#strangerDays = parts.strangerDays;
  }

  get days(): number {
    return this.#days;
  }

  /** Strangers are never kept longer than people. */
  get strangerDays(): number {
    return Math.min(this.#strangerDays, this.#days);
  }

  get isOn(): boolean {
    return this.days > 0;
  }

  /**
   * Keeps sightings for another time from now on. Resolves when those that are too old for it are erased; with 0 days, all,
   * also those of other servers that share the database.
   */
  async setDays(days: number, strangerDays = this.#strangerDays): Promise<void> {
    const before = this.#days;
    [this.#days, this.#strangerDays] = [days, strangerDays];
    this.erasesAll = days === 0;
    await this.idle();
    await this.pruneSafely();
    if (before === 0 && days > 0) this.comparing = this.parts.strangers.start();
  }

  /** How many sightings the limits would erase. */
  async countOlder(days: number, strangerDays = this.#strangerDays): Promise<number> {
    if (days === 0) return (await this.store.summary()).count;
    const [to, strangersTo] = [days, strangerDays].map((limit) => daysBefore(limit, this.now()));
    const old = await this.store.list({ to }, { limit: Infinity });
    const strangers = await this.store.list({ stranger: true, to: strangersTo }, { limit: Infinity });
    return new Set([...old, ...strangers].map(({ id }) => id)).size;
  }

  /** Finishes interrupted changes, erases what is too old, now and every hour. @returns notices, a sentence each */
  async start(): Promise<string[]> {
    const notices = await this.store.recover(new Set(this.parts.gallery.people().map(({ name }) => name)));
    await this.pruneSafely();
    if (this.isOn) this.comparing = this.parts.strangers.start();
    this.timer = setInterval(() => {
      this.pruning = this.pruneSafely();
    }, INTERVAL_MS).unref();
    return notices;
  }

  /** @returns how many were erased */
  async prune(): Promise<number> {
    if (this.erasesAll) {
      const all = await this.store.remove({});
      this.erasesAll = false;
      return all;
    }
    const now = this.now();
    const strangers = await this.store.remove({ stranger: true, to: daysBefore(this.#strangerDays, now) });
    return strangers + (await this.store.prune(now, this.days));
  }

  begin(sighting: NewSighting, face: FaceMaker): void {
    this.record(async () => {
      const isEnrolled = () => this.parts.gallery.people().some(({ name }) => name === sighting.person);
      await this.store.add(sighting, await face(), isEnrolled, daysBefore(-this.days, firstSeen(sighting.id)));
      if (sighting.person === null) await this.parts.strangers.place(sighting.id);
    });
  }

  change(id: string, change: SightingChange, face: FaceMaker | null): void {
    this.record(async () => {
      const isStored = await this.store.update(id, change, face && (await face()));
      if (isStored && face !== null) await this.parts.strangers.place(id);
    });
  }

  discard(id: string): void {
    this.record(async () => {
      await this.store.removeOne(id);
    });
  }

  /** Waits until everything that was recorded is on the disk. */
  idle(): Promise<void> {
    return this.recordings.idle();
  }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.pruning;
    await this.idle();
    await this.parts.strangers.close();
    await this.comparing;
  }

  private now(): Date {
    return this.parts.now?.() ?? new Date();
  }

  private record(work: () => Promise<void>): void {
    if (!this.isOn) return;
    if (this.waiting >= MAX_WAITING) return this.fail('busy');
    this.waiting++;
    void this.recordings
      .run(work)
      .catch((error: unknown) => this.fail(error instanceof RostroError ? error.code : 'internal'))
      .finally(() => this.waiting--);
  }

  private fail(code: string): void {
    this.parts.log.error({ code }, 'a sighting could not be recorded');
  }

  private async pruneSafely(): Promise<void> {
    try {
      const erased = await this.prune();
      if (erased > 0) this.parts.log.info({ erased, days: this.days }, 'sightings were too old and are erased');
    } catch (error) {
      const code = error instanceof RostroError ? error.code : 'internal';
      this.parts.log.error({ code }, 'sightings that are too old could not be erased; the next try is in an hour');
    }
  }
}
