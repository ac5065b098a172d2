import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import type { Line } from './line-store.js';

/** A file is followed by the next one at this size, and with each new month. */
export const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

const SEGMENT = /^(\d{6,})-(\d{4}-\d{2})\.jsonl$/;
const LINE_FEED = 0x0a;

/** One file of the log, `000001-2026-01.jsonl`: lines in the order in which they were written. */
export interface Segment {
  readonly number: number;
  /** `2026-01`, when it was begun. */
  readonly month: string;
  readonly name: string;
}

export function segment(number: number, month: string): Segment {
  return { number, month, name: `${String(number).padStart(6, '0')}-${month}.jsonl` };
}

/** In the order of their numbers; none where there is no log. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = (await nodeDisk.list(folder)).map(({ name }) => name);
  return names
    .flatMap((name) => {
      const match = SEGMENT.exec(name);
      return match ? [{ number: Number(match[1]), month: match[2], name }] : [];
    })
    .sort((a, b) => a.number - b.number);
}

/** Every line of the log, oldest first, without reading a file as a whole. */
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
      yield { file, number: ++number, text: bytes.toString('utf8', start, end), isWhole: true };
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield { file, number: ++number, text: rest.toString('utf8'), isWhole: false };
}
