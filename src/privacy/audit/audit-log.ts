import { storageFailed } from '../../gallery/gallery.js';
import { type Actor, currentActor, SERVER } from './actor.js';
import { type AuditEntry, type AuditEvent, hashLine, parseEntry, renderEntry } from './entry.js';
import { FileLines } from './file-lines.js';
import type { FoundEnd, LineSource, LineStore } from './line-store.js';

/** Which line of the log says it: whoever keeps this elsewhere can prove later that the log was not made anew. */
export interface LineRef {
  readonly line: number;
  /** SHA-256 of the line, hexadecimal. */
  readonly hash: string;
}

export interface AuditLogOptions {
  readonly store: LineStore;
  readonly now?: () => Date;
}

interface Pending {
  readonly event: AuditEvent;
  readonly actor: Actor;
  readonly at: string;
  /** Null for a line that nobody waits for. */
  readonly done: ((ref: LineRef) => void) | null;
  readonly failed: (error: unknown) => void;
}

/** Lines that nobody waits for are written so often. */
const NOTES_EVERY_MS = 1000;
/** More of them are not kept in memory while the disk does not take them. */
const MAX_NOTES = 10_000;

/** A log in the files of a folder. */
export function fileLog(options: {
  readonly folder: string;
  readonly now?: () => Date;
  readonly maxSegmentBytes?: number;
}): AuditLog {
  return new AuditLog({ store: new FileLines(options.folder, options.maxSegmentBytes), now: options.now });
}

/**
 * Who did what and when, in lines that are only ever added; each carries the hash of the one before. Lines that are asked
 * for at the same time are written together.
 */
export class AuditLog {
  private readonly now: () => Date;
  private opening: Promise<FoundEnd> | null = null;
  private isFirst = true;
  private pending: Pending[] = [];
  private flushing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: AuditLogOptions) {
    this.now = options.now ?? (() => new Date());
  }

  /**
   * Finds the end of the log and mends it; needed before nothing, the first line does it too.
   * @returns what was wrong with it, a sentence each; the log itself says it, too
   * @throws RostroError `storage_failed`
   */
  async open(): Promise<string[]> {
    const { tornLine, mismatch, interrupted } = await this.opened();
    await this.flushed();
    return [
      ...(tornLine ? ['the last line of the audit log was half-written by a stop; it was removed'] : []),
      ...(mismatch ? ['the end of the audit log is not as it was left: run "rostro audit verify"'] : []),
      ...(interrupted.length > 0 ? [`${interrupted.length} changes in the audit log were interrupted by a stop`] : []),
    ];
  }

  /**
   * Adds a line in the name of whoever is at work.
   * @returns once it is on the disk
   * @throws RostroError `storage_failed`; nothing was added then
   */
  record(event: AuditEvent): Promise<LineRef> {
    return new Promise((resolve, reject) => {
      this.add(event, resolve, reject);
      void this.flushed();
    });
  }

  /** Adds a line that is written within a second, or is lost when the disk does not take it. */
  note(event: AuditEvent): void {
    if (this.pending.length >= MAX_NOTES) return;
    this.add(event, null, () => undefined);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flushed();
    }, NOTES_EVERY_MS).unref();
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    await this.flushed();
    await this.options.store.close();
    [this.opening, this.isFirst] = [null, true];
  }

  private add(event: AuditEvent, done: Pending['done'], failed: Pending['failed']): void {
    this.pending.push({ event, actor: currentActor(), at: this.now().toISOString(), done, failed });
  }

  private async flushed(): Promise<void> {
    while (this.pending.length > 0 || this.flushing !== null) {
      this.flushing ??= this.flush().finally(() => (this.flushing = null));
      await this.flushing;
    }
  }

  private async flush(): Promise<void> {
    let lines: readonly Pending[] = [];
    try {
      await this.opened();
      if (!(await this.options.store.isCurrent())) await this.reopened();
      lines = this.pending.splice(0);
      const refs = await this.write(lines);
      lines.forEach(({ done }, i) => done?.(refs[i]));
    } catch (cause) {
      const error = storageFailed('The audit log could not be written', cause);
      for (const { failed } of [...lines, ...this.pending.splice(0)]) failed(error);
    }
  }

  private opened(): Promise<FoundEnd> {
    this.opening ??= this.find().catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  /** Another process, a command beside the server, has added lines. */
  private async reopened(): Promise<void> {
    await this.options.store.close();
    this.opening = null;
    await this.opened();
  }

  private async find(): Promise<FoundEnd> {
    const found = await this.options.store.open(this.now());
    const made = { actor: SERVER, at: this.now().toISOString(), done: null, failed: () => undefined };
    this.pending.unshift(...remarksOn(found, this.isFirst).map((event) => ({ event, ...made })));
    this.isFirst = false;
    return found;
  }

  /** All of them or none. */
  private async write(lines: readonly Pending[]): Promise<LineRef[]> {
    const written = await this.options.store.append((end) => {
      let { seq, hash } = end;
      return lines.map(({ event, actor, at }) => {
        const text = renderEntry({ seq: ++seq, at, actor, ...event, prev: hash });
        hash = hashLine(text);
        return { text, seq, hash };
      });
    }, this.now());
    return written.map(({ seq, hash }) => ({ line: seq, hash }));
  }
}

/** @param isFirst whether a change that has no end yet cannot be this process's own */
function remarksOn({ tornLine, mismatch, interrupted }: FoundEnd, isFirst: boolean): AuditEvent[] {
  const facts = ({ subject, change, action }: AuditEntry) => ({ subject, change, facts: { action } });
  return [
    ...(tornLine ? [{ action: 'torn_line_removed' } as const] : []),
    ...(mismatch ? [{ action: 'head_mismatch', facts: mismatch } as const] : []),
    ...(isFirst ? interrupted : []).map((entry) => ({ action: 'interrupted', ...facts(entry) }) as const),
  ];
}

export interface Wanted {
  /** Only lines that mention this pseudonym. */
  readonly subject?: string;
  /** Only lines from then on, by the clock that wrote them. */
  readonly since?: Date;
}

/** The lines of the log that can be read, oldest first. */
export async function* readLog(source: LineSource, { subject, since }: Wanted = {}): AsyncGenerator<AuditEntry> {
  for await (const { text, isWhole } of source.lines()) {
    const entry = isWhole ? parseEntry(text) : null;
    if (entry === null) continue;
    if (since !== undefined && new Date(entry.at) < since) continue;
    if (subject === undefined || mentions(entry, subject)) yield entry;
  }
}

function mentions({ subject, faces = [] }: AuditEntry, wanted: string): boolean {
  return subject === wanted || faces.some((face) => face.subject === wanted);
}
