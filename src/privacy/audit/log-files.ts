import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeDisk } from '../../gallery/files/disk.js';
import { PRIVATE_FILE } from '../../shared/files.js';
import type { Head, Line } from './line-store.js';

/** A new file is started at this size and with each month. */
export const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

const SEGMENT = /^(\d{6,})-(\d{4}-\d{2})\.jsonl$/;
const LINE_FEED = 0x0a;

/** A file of the log: `000001-2026-01.jsonl`. */
export interface Segment {
  readonly number: number;
  /** Month of the first line: `2026-01`. */
  readonly month: string;
  readonly name: string;
}

export function segment(number: number, month: string): Segment {
  return { number, month, name: `${String(number).padStart(6, '0')}-${month}.jsonl` };
}

/** Sorted by number; empty where there is no log. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = (await nodeDisk.list(folder)).map(({ name }) => name);
  return names
    .flatMap((name) => {
      const match = SEGMENT.exec(name);
      return match ? [{ number: Number(match[1]), month: match[2], name }] : [];
    })
    .sort((a, b) => a.number - b.number);
}

/** All lines of the log, oldest first, read as a stream. */
export async function* readLines(folder: string): AsyncGenerator<Line> {
  for (const { name } of await listSegments(folder)) yield* linesOf(folder, name);
}

async function* linesOf(folder: string, file: string): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of createReadStream(join(folder, file)) as AsyncIterable<Buffer>) {
    let start = 0;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      yield { file, number: ++number, text: bytes.toString('utf8', start, end), isComplete: true };
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield { file, number: ++number, text: rest.toString('utf8'), isComplete: false };
}

const headSchema = z.strictObject({
  lines: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Fits in one sector, so that a power failure leaves the old or the new content. */
const FILE_BYTES = 128;

const headFile = (folder: string): string => join(folder, 'head.json');

/** @returns null where it is missing or unreadable */
export function readHead(folder: string): Promise<Head | null> {
  return readHeadFile(headFile(folder));
}

/** @returns null where it is missing or unreadable */
export async function readHeadFile(path: string): Promise<Head | null> {
  try {
    return headSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Writes the head after its line was synced, so that it is never ahead of the log. The head is not synced: after a
 * power failure, but not after a kill, it can be some lines behind.
 */
export class HeadWriter {
  private constructor(private readonly file: FileHandle) {}

  static async open(folder: string): Promise<HeadWriter> {
    const flags = await open(headFile(folder), 'r+', PRIVATE_FILE).catch(() =>
      open(headFile(folder), 'w+', PRIVATE_FILE),
    );
    return new HeadWriter(flags);
  }

  async write(head: Head): Promise<void> {
    const text = `${JSON.stringify(head).padEnd(FILE_BYTES - 1)}\n`;
    await this.file.write(text, 0);
  }

  async close(): Promise<void> {
    await this.file.sync();
    await this.file.close();
  }
}
