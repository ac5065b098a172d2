import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';

const MEMORY = '/dev/shm';
/** Cameras' videos, networks that were converted, databases: far less, but several runs may go on at once. */
const NEEDED_BYTES = 2 * 2 ** 30;

/**
 * Lays the temporary files of the tests into memory where the machine has room there: every change of a gallery is synced,
 * and the tests make many thousands. That syncing is asked for, and in which order, is tested with a disk that records it.
 */
export default function setup(): (() => void) | undefined {
  if (!hasRoom()) return undefined;
  const folder = mkdtempSync(`${MEMORY}/rostro-`);
  // PostgreSQL does not run as root: its user must get through.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false;
  }
}
