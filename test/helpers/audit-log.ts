import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** All lines in a log folder with their files. */
export function linesIn(folder: string): { file: string; text: string }[] {
  return logFiles(folder).flatMap((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    return lines.slice(0, -1).map((text) => ({ file, text }));
  });
}

export function logFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
}

export interface Written {
  readonly seq: number;
  readonly prev: string;
  readonly action: string;
  readonly [field: string]: unknown;
}

export const entriesIn = (folder: string): Written[] => linesIn(folder).map(({ text }) => JSON.parse(text) as Written);

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Rewrites a log file with other lines. */
export function rewrite(folder: string, file: string, change: (lines: string[]) => string[]): void {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1);
  writeFileSync(
    join(folder, file),
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}
