import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import { GENESIS, hashLine, parseEntry, unfinished } from './entry.js';
import { makePrivateFolder, PRIVATE_FILE, replaceFile } from '../../shared/files.js';
import type { ChainEnd, ChainLine, Head, Line, LineSource, LineStore, OpenedEnd } from './line-store.js';
import {
  HeadWriter,
  listSegments,
  MAX_SEGMENT_BYTES,
  readHead,
  readHeadFile,
  readLines,
  segment,
  type Segment,
} from './log-files.js';

/** Read access to a log in files. */
export function fileSource(folder: string, markFile: string | null = null): LineSource {
  return {
    lines: (): AsyncIterable<Line> => readLines(folder),
    head: (): Promise<Head | null> => readHead(folder),
    mark: (): Promise<Head | null> => readMark(markFile),
  };
}

async function readMark(markFile: string | null): Promise<Head | null> {
  return markFile === null ? null : await readHeadFile(markFile);
}

/** A log in files: segments and the file of the head. One process at a time may write. */
export class FileLines implements LineStore {
  private end: LogEnd | null = null;
  private head: HeadWriter | null = null;
  private isMarked = false;

  /** @param markFile path of {@link LineSource.mark}; null for none */
  constructor(
    private readonly folder: string,
    private readonly markFile: string | null = null,
    private readonly maxSegmentBytes = MAX_SEGMENT_BYTES,
  ) {}

  async open(now: Date): Promise<OpenedEnd> {
    const { end, ...found } = await findLogEnd(this.folder, monthOf(now), await readMark(this.markFile));
    this.end = end;
    this.head = await HeadWriter.open(this.folder);
    return found;
  }

  async isCurrent(): Promise<boolean> {
    if (this.end === null) return false;
    const { file, bytes } = this.end;
    return (await file.stat()).size === bytes;
  }

  async append(render: (end: ChainEnd) => readonly ChainLine[], now: Date): Promise<readonly ChainLine[]> {
    const end = await this.rotate(monthOf(now));
    const lines = render(end);
    const bytes = Buffer.from(lines.map(({ text }) => `${text}\n`).join(''));
    try {
      await end.file.appendFile(bytes);
      await end.file.datasync();
    } catch (error) {
      await this.truncate(end);
      throw error;
    }
    const { seq, hash } = lines.at(-1) ?? end;
    this.end = { ...end, bytes: end.bytes + bytes.length, seq, hash };
    await this.head!.write({ lines: seq, hash });
    if (!this.isMarked) await this.mark();
    return lines;
  }

  async close(): Promise<void> {
    if (this.isMarked) await this.mark();
    const [head, end] = [this.head, this.end];
    [this.head, this.end, this.isMarked] = [null, null, false];
    await head?.close();
    await end?.file.close();
  }

  /**
   * Written after the first line and at the end, because each would cost a sync. A failure leaves an older mark, which is
   * still true. The folder is not created: one that was moved away must not seem to be there.
   */
  private async mark(): Promise<void> {
    if (this.markFile === null || this.end === null) return;
    const { seq: lines, hash } = this.end;
    this.isMarked = await replaceFile(this.markFile, JSON.stringify({ lines, hash }), { sync: 'folder' }).then(
      () => true,
      () => false,
    );
  }

  /** Removes the incomplete line of a failed write. */
  private async truncate({ file, bytes }: LogEnd): Promise<void> {
    await file.truncate(bytes).catch(() => this.close().catch(() => undefined));
  }

  private async rotate(month: string): Promise<LogEnd> {
    const end = this.end!;
    const isFull = end.bytes >= this.maxSegmentBytes;
    if (end.bytes === 0 || (!isFull && month === end.segment.month)) return end;
    const next = segment(end.segment.number + 1, month);
    const file = await open(join(this.folder, next.name), 'ax', PRIVATE_FILE);
    await nodeDisk.syncFolder(this.folder);
    await end.file.close();
    this.end = { ...end, segment: next, file, bytes: 0 };
    return this.end;
  }
}

function monthOf(now: Date): string {
  return now.toISOString().slice(0, 7);
}

/** The end of the log, with the open file. */
export interface LogEnd extends ChainEnd {
  readonly segment: Segment;
  readonly file: FileHandle;
  /** Size of the file without an incomplete line. */
  readonly bytes: number;
}

/** Finds the end of the log, removes an incomplete line, and opens the last file for appending. */
export async function findLogEnd(
  folder: string,
  month: string,
  mark: Head | null = null,
): Promise<OpenedEnd & { readonly end: LogEnd }> {
  await makePrivateFolder(folder);
  const segments = await listSegments(folder);
  const last = segments.at(-1) ?? segment(1, month);
  const before = await linesOf(folder, segments.at(-2));
  const { lines, bytes, torn } = await linesOf(folder, segments.at(-1));
  const known = [...before.lines, ...lines];
  const file = await open(join(folder, last.name), 'a', PRIVATE_FILE);
  if (segments.length === 0) await nodeDisk.syncFolder(folder);
  if (torn) await file.truncate(bytes);
  const text = known.at(-1);
  const seq = text === undefined ? 0 : (parseEntry(text)?.seq ?? (await readHead(folder))?.lines ?? known.length);
  const hash = text === undefined ? GENESIS : hashLine(text);
  return {
    end: { segment: last, file, bytes, seq, hash },
    tornLine: torn,
    mismatch: mismatchOf(await readHead(folder), mark, known, seq),
    interrupted: unfinished(known),
  };
}

async function linesOf(folder: string, { name }: Partial<Segment> = {}) {
  const content = name === undefined ? null : await nodeDisk.read(join(folder, name));
  const buffer = content === null ? Buffer.alloc(0) : Buffer.from(content);
  const bytes = buffer.lastIndexOf('\n') + 1;
  const lines = buffer.toString('utf8', 0, bytes).split('\n').slice(0, -1);
  return { lines, bytes, torn: bytes < buffer.length };
}

/**
 * The head and the mark may be behind the log, never ahead of it.
 * @param known the last lines; the mark may be of an older line, which `rostro audit verify` checks
 */
function mismatchOf(
  head: Head | null,
  mark: Head | null,
  known: readonly string[],
  seq: number,
): OpenedEnd['mismatch'] {
  const lineOf = ({ lines }: Head) => known.at(lines - seq - 1);
  const fits = (at: Head) => at.lines <= seq && hashLine(lineOf(at) ?? '') === at.hash;
  const isOlder = mark !== null && mark.lines <= seq && lineOf(mark) === undefined;
  if (mark !== null && mark.lines > 0 && !isOlder && !fits(mark)) return { expected: mark.lines, found: seq };
  if (head === null) return seq === 0 ? null : { expected: 0, found: seq };
  return head.lines === 0 || fits(head) ? null : { expected: head.lines, found: seq };
}
