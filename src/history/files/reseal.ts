import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../gallery/files/disk.js';
import { seal, sealedWith, type SealingKey } from '../../gallery/sealing/sealed.js';
import { openSealedOrPlain } from '../../gallery/sealing/vault.js';
import { RostroError } from '../../shared/errors.js';
import { replaceFile } from '../../shared/files.js';
import {
  FACE_SUFFIX,
  HISTORY_FOLDER,
  LOG_FILE,
  type LogLine,
  parseLines,
  payloadBytes,
  payloadOf,
  renderLines,
  sealedLineName,
} from './day-log.js';
import { peopleTableFile } from './people-table.js';

/** The files of the history that are encrypted as a whole. The logs are encrypted by the line: {@link resealLogs}. */
export function sealedHistoryFiles(stateDir: string): string[] {
  return [peopleTableFile(join(stateDir, HISTORY_FOLDER)), ...historyFiles(stateDir, FACE_SUFFIX)];
}

/**
 * Encrypts the lines of all logs with another key, or decrypts them. Each log is replaced atomically; the next call
 * continues an interrupted run.
 * @param keys all keys that a line may be encrypted with
 * @param target null decrypts
 * @returns how many logs were changed; in how many are lines that no key decrypts, which stay as they are
 * @throws RostroError `encryption_key_wrong`; the file system's error
 */
export async function resealLogs(
  stateDir: string,
  { keys, target }: { readonly keys: readonly SealingKey[]; readonly target: SealingKey | null },
): Promise<{ changed: number; already: number; unreadable: string[] }> {
  const report = { changed: 0, already: 0, unreadable: [] as string[] };
  for (const path of historyFiles(stateDir, LOG_FILE)) {
    const { lines } = parseLines((await nodeDisk.read(path)) ?? new Uint8Array(0));
    const resealed = lines.map((line) => resealLine(line, keys, target));
    if (resealed.includes(null)) report.unreadable.push(path);
    if (resealed.every((line, i) => line === null || line === lines[i])) {
      report.already++;
      continue;
    }
    await replaceFile(path, renderLines(resealed.map((line, i) => line ?? lines[i])), { sync: 'folder' });
    report.changed++;
  }
  return report;
}

/** @returns the same line where nothing changes; null for a damaged one */
function resealLine(line: LogLine, keys: readonly SealingKey[], target: SealingKey | null): LogLine | null {
  const stored = payloadBytes(line.payload);
  if (sealedWith(stored) === (target?.id ?? null)) return line;
  const name = sealedLineName(line.id);
  try {
    const plain = openSealedOrPlain(keys, stored, name);
    return { id: line.id, payload: payloadOf(target === null ? plain : seal(plain, target, name)) };
  } catch (error) {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return null;
    throw error;
  }
}

function historyFiles(stateDir: string, ending: string): string[] {
  const folder = join(stateDir, HISTORY_FOLDER);
  try {
    const names = readdirSync(folder, { recursive: true }).map(String);
    return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
