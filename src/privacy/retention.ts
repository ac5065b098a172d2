import { join } from 'node:path';
import { z } from 'zod';
import type { Example, Gallery } from '../gallery/gallery.js';
import { readState, writeState } from '../gallery/sealing/state-file.js';
import { plainVault } from '../gallery/sealing/vault.js';
import { RostroError } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { runAs } from './audit/actor.js';
import type { Erasure } from './erasure.js';

export interface RetentionParts {
  readonly gallery: Pick<Gallery, 'people' | 'writtenAt'>;
  readonly erasure: Pick<Erasure, 'person' | 'example' | 'negative'>;
  /** Maximum age of examples; null for none. See {@link Retention.setDays}. */
  readonly days: number | null;
  readonly stateDir: string;
  readonly log: Logger;
  /** The system clock, which may be adjusted at any time. */
  readonly now?: () => Date;
  /** A monotonic clock. */
  readonly elapsedMs?: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const INTERVAL_MS = 60 * 60 * 1000;

/**
 * Erases, at the start and every hour, people whose last day (`expires`) is over, examples and negatives that are older than
 * the limit, and people with their last example. For examples without a date (from the original system), the date of the
 * file counts.
 */
export class Retention {
  private readonly now: () => Date;
  private readonly elapsedMs: () => number;
  #days: number | null;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<unknown> = Promise.resolve();
  /** Example ids and time of the previous run; null before the first. */
  private seen: { readonly ids: ReadonlySet<string>; readonly atMs: number } | null = null;

  private constructor(
    private readonly parts: RetentionParts,
    private readonly ledger: RetentionLedger,
  ) {
    this.#days = parts.days;
    this.now = parts.now ?? (() => new Date());
    this.elapsedMs = parts.elapsedMs ?? (() => performance.now());
  }

  static async open(parts: RetentionParts): Promise<Retention> {
    return new Retention(parts, await RetentionLedger.open(parts.stateDir));
  }

  /** Runs now and every hour. */
  async start(): Promise<void> {
    await this.runSafely();
    this.timer = setInterval(() => this.runSoon(), INTERVAL_MS).unref();
  }

  /** Uses another age from now on, and begins to erase what is older. */
  setDays(days: number | null): void {
    this.#days = days;
    this.runSoon();
  }

  /** What an age would erase: examples, and people with their last one. */
  async olderThan(days: number | null): Promise<{ examples: number; people: number }> {
    const limit = days === null ? Infinity : days * DAY_MS;
    let [examples, people] = [0, 0];
    for (const person of this.parts.gallery.people()) {
      const old = await this.oldOf(person.name, person.examples, limit, this.now().getTime());
      examples += old.length;
      if (old.length === person.examples.length) people++;
    }
    return { examples, people };
  }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }

  /** @returns the number of erased people whose last day was over, examples and negatives. @throws RostroError `storage_failed` */
  async run(): Promise<number> {
    const people = await this.eraseExpired();
    if (people > 0) this.parts.log.info({ erased: people }, 'the last day of people was over: they are erased');
    const days = this.#days;
    if (days === null) return people;
    const examples = await this.eraseOld(days);
    if (examples > 0) this.parts.log.info({ erased: examples, days }, 'examples were too old and are erased');
    return people + examples;
  }

  private async eraseExpired(): Promise<number> {
    const today = this.now().toISOString().slice(0, 10);
    const over = this.parts.gallery.people().filter(({ expires }) => expires && expires < today);
    await runAs({ kind: 'server', task: 'retention' }, async () => {
      for (const { name } of over) await this.parts.erasure.person(name).catch(ignoreNotFound);
    });
    return over.length;
  }

  private async eraseOld(days: number): Promise<number> {
    const [now, limit] = [this.now().getTime(), days * DAY_MS];
    const old: { name: string; id: string }[] = [];
    const oldNegatives: { name: string; id: string }[] = [];
    for (const { name, examples, negatives = [] } of this.parts.gallery.people()) {
      oldNegatives.push(...(await this.oldOf(name, negatives, limit, now)));
      old.push(...(await this.oldOf(name, examples, limit, now)));
    }
    await runAs({ kind: 'server', task: 'retention' }, async () => {
      for (const { name, id } of oldNegatives) await this.parts.erasure.negative(name, id).catch(ignoreNotFound);
      for (const { name, id } of old) await this.parts.erasure.example(name, id).catch(ignoreNotFound);
    });
    const kept = this.parts.gallery.people().flatMap(({ examples, negatives = [] }) => [...examples, ...negatives]);
    const ids = new Set(kept.map(({ id }) => id));
    await this.ledger.save(ids);
    this.seen = { ids, atMs: this.elapsedMs() };
    return old.length + oldNegatives.length;
  }

  private async oldOf(
    name: string,
    all: readonly Pick<Example, 'id' | 'addedAt'>[],
    limitMs: number,
    now: number,
  ): Promise<{ name: string; id: string }[]> {
    const old: { name: string; id: string }[] = [];
    for (const one of all) {
      if (now - (await this.since(name, one, now)).getTime() > limitMs) old.push({ name, id: one.id });
    }
    return old;
  }

  private async since(name: string, { id, addedAt }: Pick<Example, 'id' | 'addedAt'>, now: number): Promise<Date> {
    const noted = this.ledger.get(id);
    if (noted !== null) return noted;
    if (addedAt !== null && !this.isClockError(id, now - Date.parse(addedAt))) return new Date(addedAt);
    const since = addedAt === null ? await this.parts.gallery.writtenAt(name) : new Date(now);
    this.ledger.set(id, since.getTime() > now ? new Date(now) : since);
    return this.ledger.get(id)!;
  }

  /** An example added since the last run cannot be older than that run: its date was set by a wrong clock. */
  private isClockError(id: string, ageMs: number): boolean {
    return this.seen !== null && !this.seen.ids.has(id) && ageMs > this.elapsedMs() - this.seen.atMs + DAY_MS;
  }

  private runSoon(): void {
    this.running = this.running.then(() => this.runSafely());
  }

  private async runSafely(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      const code = error instanceof RostroError ? error.code : 'internal';
      this.parts.log.error(
        { code },
        'people or examples that are too old could not be erased; the next try is in an hour',
      );
    }
  }
}

function ignoreNotFound(error: unknown): void {
  const isGone = error instanceof RostroError && /^(?:person|example)_not_found$/.test(error.code);
  if (!isGone) throw error;
}

const schema = z.strictObject({ version: z.literal(1), since: z.record(z.string(), z.iso.datetime()) });

/**
 * Dates of examples whose own date is missing or wrong, by example id. A stored date is never changed. Contains no
 * personal data, so it is not encrypted.
 */
export class RetentionLedger {
  private constructor(
    private readonly file: string,
    private since: Record<string, string>,
  ) {}

  static async open(stateDir: string): Promise<RetentionLedger> {
    const file = join(stateDir, 'retention.json');
    return new RetentionLedger(file, (await readState(file, schema, plainVault))?.since ?? {});
  }

  get(id: string): Date | null {
    return Object.hasOwn(this.since, id) ? new Date(this.since[id]) : null;
  }

  set(id: string, date: Date): void {
    this.since = { ...this.since, [id]: date.toISOString() };
  }

  /** Writes the dates of the enrolled examples and drops the others. @throws RostroError `storage_failed` */
  async save(enrolled: ReadonlySet<string>): Promise<void> {
    const since = Object.fromEntries(Object.entries(this.since).filter(([id]) => enrolled.has(id)));
    const stored = (await readState(this.file, schema, plainVault))?.since ?? {};
    this.since = since;
    if (JSON.stringify(stored) !== JSON.stringify(since))
      await writeState(this.file, schema, { version: 1, since }, plainVault);
  }
}
