import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../gallery/files/disk.js';
import type { Vault } from '../gallery/sealing/vault.js';
import type { Logger } from '../shared/logger.js';
import { SerialQueue } from '../shared/queue.js';
import { withoutUnknownNames } from './event-hub.js';
import type { CameraEvent } from './event.js';
import {
  INCOMPLETE_SUFFIX,
  type QueuedEvent,
  QueuedEventFiles,
  OUTBOX_FOLDER,
  type StoredEvents,
} from './queued-events.js';

/** Above this, the oldest event becomes a dead letter. */
const MAX_WAITING = 10_000;
/** Above this, the oldest dead letter is deleted. */
const MAX_DEAD_LETTERS = 1000;
const DEAD_FOLDER = 'dead';

interface OutboxFolders {
  readonly waiting: QueuedEventFiles;
  readonly dead: QueuedEventFiles;
}

/** The queue of events for one receiver and its dead letters, on disk and in memory. */
export class Outbox {
  private readonly changes = new SerialQueue();
  private queue: QueuedEvent[];
  private deadLetters: QueuedEvent[];
  private readonly lastPlace: Record<keyof OutboxFolders, number>;
  /** Ids of events that may have arrived already: from an earlier run of the server, or former dead letters. */
  private readonly possiblyDelivered: Set<string>;
  /** Number of files that cannot be read as an event. */
  readonly unreadable: number;

  private constructor(
    private readonly files: OutboxFolders,
    { waiting, dead }: Record<keyof OutboxFolders, StoredEvents>,
    private readonly maxWaiting: number,
  ) {
    this.queue = waiting.events;
    this.deadLetters = dead.events;
    this.lastPlace = { waiting: waiting.lastPlace, dead: dead.lastPlace };
    this.possiblyDelivered = new Set(waiting.events.map(({ event }) => event.id));
    this.unreadable = waiting.unreadable + dead.unreadable;
  }

  /** @param folder the receiver's, below `.state/outbox/` @throws RostroError `storage_failed` */
  static async open(folder: string, vault: Vault, maxWaiting = MAX_WAITING): Promise<Outbox> {
    const files = {
      waiting: new QueuedEventFiles(folder, vault),
      dead: new QueuedEventFiles(join(folder, DEAD_FOLDER), vault),
    };
    const [waiting, dead] = await Promise.all([files.waiting.read(), files.dead.read()]);
    return new Outbox(files, { waiting, dead }, maxWaiting);
  }

  get first(): QueuedEvent | undefined {
    return this.queue.at(0);
  }

  get waiting(): number {
    return this.queue.length;
  }

  get dead(): readonly QueuedEvent[] {
    return this.deadLetters;
  }

  mayBeDelivered({ event }: QueuedEvent): boolean {
    return this.possiblyDelivered.has(event.id);
  }

  /**
   * Appends an event. Resolves when it is on disk.
   * @throws RostroError `storage_failed`: the event is in the queue in memory all the same
   */
  add(event: CameraEvent): Promise<void> {
    const queued: QueuedEvent = { version: 1, place: ++this.lastPlace.waiting, event, givenUp: null };
    this.queue.push(queued);
    return this.changes.run(async () => {
      if (this.queue.length > this.maxWaiting) await this.moveToDeadLetters(this.queue[0], 'Too many events waited.');
      const now = this.find(queued);
      if (now) await this.files.waiting.write(now);
    });
  }

  /** Removes an event that has arrived. */
  remove(queued: QueuedEvent): Promise<void> {
    this.queue = this.queue.filter(({ place }) => place !== queued.place);
    return this.changes.run(() => this.files.waiting.remove(queued));
  }

  /** @param why a sentence */
  deadLetter(queued: QueuedEvent, why: string): Promise<void> {
    return this.changes.run(async () => {
      const now = this.find(queued);
      if (now) await this.moveToDeadLetters(now, why);
    });
  }

  /**
   * Appends the dead letters to the queue.
   * @returns how many
   * @throws RostroError `storage_failed`: the remaining ones are still dead letters
   */
  retry(): Promise<number> {
    return this.changes.run(async () => {
      const events = [...this.deadLetters];
      for (const queued of events) {
        const again: QueuedEvent = { ...queued, place: ++this.lastPlace.waiting, givenUp: null };
        await this.files.waiting.write(again);
        this.queue.push(again);
        this.possiblyDelivered.add(queued.event.id);
        this.deadLetters.shift();
        await this.files.dead.remove(queued);
      }
      return events.length;
    });
  }

  /** As `NameRedactor`. @throws RostroError `storage_failed` */
  redactNames(isEnrolled: (name: string) => boolean): Promise<void> {
    return this.changes.run(async () => {
      const [waiting, dead] = [this.queue, this.deadLetters].map((events) => withoutNames(events, isEnrolled));
      // Memory first: the next event may be sent at any moment.
      this.queue = waiting.all;
      this.deadLetters = dead.all;
      for (const queued of waiting.changed) if (this.find(queued)) await this.files.waiting.replace(queued);
      for (const queued of dead.changed) await this.files.dead.replace(queued);
    });
  }

  /** Waits for pending writes. */
  async close(): Promise<void> {
    await this.changes.idle();
  }

  /** The current version of an event, whose name may have been removed; undefined when it is no longer in the queue. */
  private find({ place }: QueuedEvent): QueuedEvent | undefined {
    return this.queue.find((queued) => queued.place === place);
  }

  private async moveToDeadLetters(queued: QueuedEvent, why: string): Promise<void> {
    const dead: QueuedEvent = { ...queued, place: ++this.lastPlace.dead, givenUp: why };
    await this.files.dead.write(dead);
    await this.files.waiting.remove(queued);
    this.queue = this.queue.filter(({ place }) => place !== queued.place);
    this.deadLetters.push(dead);
    if (this.deadLetters.length > MAX_DEAD_LETTERS) await this.files.dead.remove(this.deadLetters.shift()!);
  }
}

function withoutNames(events: readonly QueuedEvent[], isEnrolled: (name: string) => boolean) {
  const all = events.map((queued) => {
    const event = withoutUnknownNames(queued.event, isEnrolled);
    return event === queued.event ? queued : { ...queued, event };
  });
  return { all, changed: all.filter((queued, i) => queued !== events[i]) };
}

/** The paths of all queued events and dead letters, for re-encryption. */
export function outboxFiles(stateDir: string): string[] {
  return outboxFilesEndingIn(stateDir, '.json');
}

/** Deletes files that a stop left incomplete. Only the server may do this: files that another process writes look the same. */
export async function removeIncompleteFiles(stateDir: string): Promise<void> {
  for (const file of outboxFilesEndingIn(stateDir, INCOMPLETE_SUFFIX)) await rm(file, { force: true });
}

function outboxFilesEndingIn(stateDir: string, ending: string): string[] {
  const folder = join(stateDir, OUTBOX_FOLDER);
  try {
    const names = readdirSync(folder, { recursive: true }).map(String);
    return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

export interface OutboxesParts {
  readonly stateDir: string;
  readonly vault: Vault;
  readonly log: Logger;
}

/**
 * As `NameRedactor`, in the outboxes that this process does not have open: those of receivers that are no longer configured;
 * in a command, all of them.
 * @param open folder names to skip
 */
export async function redactOutboxes(
  { stateDir, vault, log }: OutboxesParts,
  isEnrolled: (name: string) => boolean,
  open: ReadonlySet<string> = new Set(),
): Promise<void> {
  const outboxes = join(stateDir, OUTBOX_FOLDER);
  for (const name of (await logFailure(log, foldersIn(outboxes))) ?? []) {
    if (open.has(name)) continue;
    await logFailure(
      log,
      Outbox.open(join(outboxes, name), vault).then((outbox) => outbox.redactNames(isEnrolled)),
    );
  }
}

/** Logs a failure to remove names instead of throwing it. */
export async function logFailure<T>(log: Logger, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    log.error({ reason }, 'events that wait could not be written without names; the next start does it');
    return undefined;
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await nodeDisk.list(folder);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
