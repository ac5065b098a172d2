import { storageFailed } from '../../gallery/errors.js';
import { type Actor, currentActor, SERVER } from './actor.js';
import { type AuditEntry, type AuditEvent, hashLine, parseEntry, renderEntry } from './entry.js';
import { FileLines } from './file-lines.js';
import type { LineSource, LineStore, OpenedEnd } from './line-store.js';

/** Reference to a line of the log. Stored elsewhere, it can prove later that the log was not rewritten. */
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
  /** Null where the caller does not wait. */
  readonly done: ((ref: LineRef) => void) | null;
  readonly failed: (error: unknown) => void;
}

/** Interval between writes of notes. */
const NOTE_INTERVAL_MS = 1000;
/** Maximum number of pending notes; further ones are dropped. */
const MAX_PENDING_NOTES = 10_000;

/** A log in the files of a folder. */
export function fileLog(options: {
  readonly folder: string;
  /** See {@link LineSource.mark}. */
  readonly markFile?: string;
  readonly now?: () => Date;
  readonly maxSegmentBytes?: number;
}): AuditLog {
  return new AuditLog({
    store: new FileLines(options.folder, options.markFile, options.maxSegmentBytes),
    now: options.now,
  });
}

/**
 * An append-only log with a hash chain: each line contains the hash of the previous one. Concurrent lines are written
 * in one batch.
 */
export class AuditLog {
  private readonly now: () => Date;
  private opening: Promise<OpenedEnd> | null = null;
  private isFirst = true;
  private pending: Pending[] = [];
  private flushing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: AuditLogOptions) {
    this.now = options.now ?? (() => new Date());
  }

  /**
   * Opens the log and repairs its end. Optional: the first line also does it.
   * @returns problems, one sentence each; they are also recorded in the log
   * @throws RostroError `storage_failed`
   */
  async open(): Promise<string[]> {
    const { tornLine, mismatch, interrupted } = await this.ensureOpen();
    await this.flushAll();
    return [
      ...(tornLine ? ['the last line of the audit log was half-written by a stop; it was removed'] : []),
      ...(mismatch ? ['the end of the audit log is not as it was left: run "rostro audit verify"'] : []),
      ...(interrupted.length > 0 ? [`${interrupted.length} changes in the audit log were interrupted by a stop`] : []),
    ];
  }

  /**
   * Appends a line for the current actor. Resolves when the line is synced.
   * @throws RostroError `storage_failed`; the line was not written then
   */
  record(event: AuditEvent): Promise<LineRef> {
    return new Promise((resolve, reject) => {
      this.add(event, resolve, reject);
      void this.flushAll();
    });
  }

  /** Appends a line within a second, without waiting. The line is lost if the write fails. */
  note(event: AuditEvent): void {
    if (this.pending.length >= MAX_PENDING_NOTES) return;
    this.add(event, null, () => undefined);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flushAll();
    }, NOTE_INTERVAL_MS).unref();
  }

  /** Writes pending lines. */
  async close(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    await this.flushAll();
    await this.options.store.close();
    [this.opening, this.isFirst] = [null, true];
  }

  private add(event: AuditEvent, done: Pending['done'], failed: Pending['failed']): void {
    this.pending.push({ event, actor: currentActor(), at: this.now().toISOString(), done, failed });
  }

  private async flushAll(): Promise<void> {
    while (this.pending.length > 0 || this.flushing !== null) {
      this.flushing ??= this.flush().finally(() => (this.flushing = null));
      await this.flushing;
    }
  }

  private async flush(): Promise<void> {
    let lines: readonly Pending[] = [];
    try {
      await this.ensureOpen();
      if (!(await this.options.store.isCurrent())) await this.reopen();
      lines = this.pending.splice(0);
      const refs = await this.write(lines);
      lines.forEach(({ done }, i) => done?.(refs[i]));
    } catch (cause) {
      const error = storageFailed('The audit log could not be written', cause);
      for (const { failed } of [...lines, ...this.pending.splice(0)]) failed(error);
    }
  }

  private ensureOpen(): Promise<OpenedEnd> {
    this.opening ??= this.findEnd().catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  /** Called after another process, for example a command, has appended lines. */
  private async reopen(): Promise<void> {
    await this.options.store.close();
    this.opening = null;
    await this.ensureOpen();
  }

  private async findEnd(): Promise<OpenedEnd> {
    const found = await this.options.store.open(this.now());
    const made = { actor: SERVER, at: this.now().toISOString(), done: null, failed: () => undefined };
    this.pending.unshift(...eventsFor(found, this.isFirst).map((event) => ({ event, ...made })));
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

/** @param isFirst whether this is the first opening, so that unfinished changes cannot be of this process */
function eventsFor({ tornLine, mismatch, interrupted }: OpenedEnd, isFirst: boolean): AuditEvent[] {
  const facts = ({ subject, change, action }: AuditEntry) => ({ subject, change, facts: { action } });
  return [
    ...(tornLine ? [{ action: 'torn_line_removed' } as const] : []),
    ...(mismatch ? [{ action: 'head_mismatch', facts: mismatch } as const] : []),
    ...(isFirst ? interrupted : []).map((entry) => ({ action: 'interrupted', ...facts(entry) }) as const),
  ];
}

export interface LogFilter {
  /** Lines that contain this pseudonym. */
  readonly subject?: string;
  /** Lines from this time on, by the recorded time. */
  readonly since?: Date;
}

/** The valid entries of a log, oldest first. */
export async function* readLog(source: LineSource, { subject, since }: LogFilter = {}): AsyncGenerator<AuditEntry> {
  for await (const { text, isComplete } of source.lines()) {
    const entry = isComplete ? parseEntry(text) : null;
    if (entry === null) continue;
    if (since !== undefined && new Date(entry.at) < since) continue;
    if (subject === undefined || mentions(entry, subject)) yield entry;
  }
}

function mentions({ subject, faces = [] }: AuditEntry, pseudonym: string): boolean {
  return subject === pseudonym || faces.some((face) => face.subject === pseudonym);
}
