import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import { GENESIS, hashLine, parseEntry, type AuditEntry } from './entry.js';
import { readHead } from './head.js';
import type { ChainEnd, FoundEnd } from './line-store.js';
import { makePrivateFolder } from './private-folder.js';
import { listSegments, segment, type Segment } from './segments.js';

/** Where the log goes on. */
export interface LogEnd extends ChainEnd {
  readonly segment: Segment;
  readonly file: FileHandle;
  /** Of the file, without a half line. */
  readonly bytes: number;
}

/** Finds the end of the log, mends a half line, and opens the last file for what comes. */
export async function findLogEnd(folder: string, month: string): Promise<FoundEnd & { readonly end: LogEnd }> {
  await makePrivateFolder(folder);
  const segments = await listSegments(folder);
  const last = segments.at(-1) ?? segment(1, month);
  const before = await linesOf(folder, segments.at(-2));
  const { lines, bytes, torn } = await linesOf(folder, segments.at(-1));
  const known = [...before.lines, ...lines];
  const file = await open(join(folder, last.name), 'a', 0o600);
  if (segments.length === 0) await nodeDisk.syncFolder(folder);
  if (torn) await file.truncate(bytes);
  const text = known.at(-1);
  const seq = text === undefined ? 0 : (parseEntry(text)?.seq ?? (await readHead(folder))?.lines ?? known.length);
  const hash = text === undefined ? GENESIS : hashLine(text);
  return {
    end: { segment: last, file, bytes, seq, hash },
    tornLine: torn,
    mismatch: await mismatchOf(folder, known, seq),
    interrupted: unfinished(known),
  };
}

async function linesOf(folder: string, { name }: Partial<Segment> = {}) {
  const content = name === undefined ? null : await nodeDisk.read(join(folder, name));
  const whole = content === null ? Buffer.alloc(0) : Buffer.from(content);
  const bytes = whole.lastIndexOf('\n') + 1;
  const lines = whole.toString('utf8', 0, bytes).split('\n').slice(0, -1);
  return { lines, bytes, torn: bytes < whole.length };
}

/** The head never says more than is true, and after a power cut it may say less. */
async function mismatchOf(folder: string, known: readonly string[], seq: number): Promise<FoundEnd['mismatch']> {
  const head = await readHead(folder);
  if (head === null) return seq === 0 ? null : { expected: 0, found: seq };
  const line = known.at(head.lines - seq - 1);
  const isThere = head.lines === 0 || (head.lines <= seq && line !== undefined && hashLine(line) === head.hash);
  return isThere ? null : { expected: head.lines, found: seq };
}

/** @param lines of the log, oldest first */
export function unfinished(lines: readonly string[]): AuditEntry[] {
  const begun = new Map<string, AuditEntry>();
  for (const line of lines) {
    const entry = parseEntry(line);
    if (entry?.change === undefined) continue;
    if (entry.outcome === 'begun') begun.set(entry.change, entry);
    else begun.delete(entry.change);
  }
  return [...begun.values()];
}
