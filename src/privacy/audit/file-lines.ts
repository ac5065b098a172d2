import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import { HeadWriter, readHead, type Head } from './head.js';
import type { ChainEnd, ChainLine, FoundEnd, Line, LineSource, LineStore } from './line-store.js';
import { findLogEnd, type LogEnd } from './log-end.js';
import { MAX_SEGMENT_BYTES, readLines, segment } from './segments.js';

/** The lines of a log in the files of a folder. */
export function fileSource(folder: string): LineSource {
  return { lines: (): AsyncIterable<Line> => readLines(folder), head: (): Promise<Head | null> => readHead(folder) };
}

/** The lines of a log in files, one after the other, with the head in a file beside them. One process at a time writes. */
export class FileLines implements LineStore {
  private end: LogEnd | null = null;
  private head: HeadWriter | null = null;

  constructor(
    private readonly folder: string,
    private readonly maxSegmentBytes = MAX_SEGMENT_BYTES,
  ) {}

  async open(now: Date): Promise<FoundEnd> {
    const { end, ...found } = await findLogEnd(this.folder, monthOf(now));
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
    const end = await this.endForMore(monthOf(now));
    const lines = render(end);
    const bytes = Buffer.from(lines.map(({ text }) => `${text}\n`).join(''));
    try {
      await end.file.appendFile(bytes);
      await end.file.datasync();
    } catch (error) {
      await this.takeBack(end);
      throw error;
    }
    const { seq, hash } = lines.at(-1) ?? end;
    this.end = { ...end, bytes: end.bytes + bytes.length, seq, hash };
    await this.head!.write({ lines: seq, hash });
    return lines;
  }

  async close(): Promise<void> {
    const [head, end] = [this.head, this.end];
    [this.head, this.end] = [null, null];
    await head?.close();
    await end?.file.close();
  }

  /** What a failed write has left would be half a line. */
  private async takeBack({ file, bytes }: LogEnd): Promise<void> {
    await file.truncate(bytes).catch(() => this.close().catch(() => undefined));
  }

  private async endForMore(month: string): Promise<LogEnd> {
    const end = this.end!;
    const isFull = end.bytes >= this.maxSegmentBytes;
    if (end.bytes === 0 || (!isFull && month === end.segment.month)) return end;
    const next = segment(end.segment.number + 1, month);
    const file = await open(join(this.folder, next.name), 'ax', 0o600);
    await nodeDisk.syncFolder(this.folder);
    await end.file.close();
    this.end = { ...end, segment: next, file, bytes: 0 };
    return this.end;
  }
}

function monthOf(now: Date): string {
  return now.toISOString().slice(0, 7);
}
