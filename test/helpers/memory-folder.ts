import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { oncePerRun } from './per-run.js';

const MEMORY = '/dev/shm';
/** Cameras' videos, networks that were converted, databases: far less, but several runs may go on at once. */
const NEEDED_BYTES = 2 * 2 ** 30;

/**
 * Lays the temporary files of the tests into memory where the machine has room there: every change of a gallery is synced,
 * and the tests make many thousands. That syncing is asked for, and in which order, is tested with a disk that records it.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const { release } = await oncePerRun('memory', makeFolder, (folder) => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  });
  return release;
}

function makeFolder(): string | null {
  if (!hasRoom()) return null;
  const folder = mkdtempSync(`${MEMORY}/rostro-`);
  // PostgreSQL does not run as root: its user must get through.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return folder;
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false;
  }
}
