import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../store/disk.js';
import { storageFailed } from '../store/errors.js';
import { currentActor, SERVER, type Actor } from './actor.js';
import { hashLine, renderEntry, type AuditEntry, type AuditEvent } from './entry.js';
import { HeadWriter } from './head.js';
import { findLogEnd, type FoundEnd, type LogEnd } from './log-end.js';
import { MAX_SEGMENT_BYTES, segment } from './segments.js';

/** Which line of the log says it: whoever keeps this elsewhere can prove later that the log was not made anew. */
export interface LineRef {
  readonly line: number;
  /** SHA-256 of the line, hexadecimal. */
  readonly hash: string;
}

export interface AuditLogOptions {
  readonly folder: string;
  readonly now?: () => Date;
  readonly maxSegmentBytes?: number;
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

/**
 * Who did what and when, in lines that are only ever added; each carries the hash of the one before. One process at a time
 * writes it. Lines that are asked for at the same time go to the disk together.
 */
export class AuditLog {
  private readonly now: () => Date;
  private opening: Promise<FoundEnd> | null = null;
  private end: LogEnd | null = null;
  private head: HeadWriter | null = null;
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
    await this.head?.close();
    await this.end?.file.close();
    [this.head, this.end, this.opening] = [null, null, null];
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
      if (await this.isOutOfDate()) await this.reopened();
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

  /** Whether another process, a command beside the server, has added lines. */
  private async isOutOfDate(): Promise<boolean> {
    const { file, bytes } = this.end!;
    return (await file.stat()).size !== bytes;
  }

  private async reopened(): Promise<void> {
    await Promise.all([this.head!.close(), this.end!.file.close()]);
    this.opening = null;
    await this.opened();
  }

  private async find(): Promise<FoundEnd> {
    const isFirst = this.end === null;
    const found = await findLogEnd(this.options.folder, this.month());
    this.end = found.end;
    this.head = await HeadWriter.open(this.options.folder);
    const made = { actor: SERVER, at: this.now().toISOString(), done: null, failed: () => undefined };
    this.pending.unshift(...remarksOn(found, isFirst).map((event) => ({ event, ...made })));
    return found;
  }

  /** All of them or none. */
  private async write(lines: readonly Pending[]): Promise<LineRef[]> {
    const end = await this.endForMore();
    let { seq, hash } = end;
    const texts = lines.map(({ event, actor, at }) => {
      const text = renderEntry({ seq: ++seq, at, actor, ...event, prev: hash });
      hash = hashLine(text);
      return { text, ref: { line: seq, hash } };
    });
    const bytes = Buffer.from(texts.map(({ text }) => `${text}\n`).join(''));
    try {
      await end.file.appendFile(bytes);
      await end.file.datasync();
    } catch (error) {
      await this.takeBack(end);
      throw error;
    }
    this.end = { ...end, bytes: end.bytes + bytes.length, seq, hash };
    await this.head!.write({ lines: seq, hash });
    return texts.map(({ ref }) => ref);
  }

  /** What a failed write has left would be half a line. */
  private async takeBack({ file, bytes }: LogEnd): Promise<void> {
    await file.truncate(bytes).catch(async () => {
      await Promise.allSettled([file.close(), this.head?.close()]);
      this.opening = null;
    });
  }

  private async endForMore(): Promise<LogEnd> {
    const end = this.end!;
    const isFull = end.bytes >= (this.options.maxSegmentBytes ?? MAX_SEGMENT_BYTES);
    if (end.bytes === 0 || (!isFull && this.month() === end.segment.month)) return end;
    const next = segment(end.segment.number + 1, this.month());
    const file = await open(join(this.options.folder, next.name), 'ax', 0o600);
    await nodeDisk.syncFolder(this.options.folder);
    await end.file.close();
    this.end = { ...end, segment: next, file, bytes: 0 };
    return this.end;
  }

  private month(): string {
    return this.now().toISOString().slice(0, 7);
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
