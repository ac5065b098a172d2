import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What Linux, macOS and Windows answer where a folder cannot be synced. There is no other way to sync it then. */
const FOLDER_SYNC_UNSUPPORTED = [
  'EINVAL',
  'ENOTSUP',
  'ENOSYS',
  ...(process.platform === 'win32' ? ['EPERM', 'EISDIR'] : []),
];

/** @returns the system's short code of a failed call (`ENOSPC`), undefined for any other error */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

export interface ReplaceOptions {
  /** Permission bits. Default: those that the process gives to new files. */
  readonly mode?: number;
  /**
   * What a power cut cannot undo. `file`: the content is on the disk before it gets its name, so there is the old file or
   * the new one, both whole. `folder`: in addition, the new file is there when the promise resolves. `none`: nothing; the
   * replacement is still atomic for other processes.
   */
  readonly sync: 'none' | 'file' | 'folder';
  /** Path of the file that is written first, in the same folder. It is overwritten. Default: a random name ending in `.tmp`. */
  readonly temporary?: string;
}

/**
 * Writes a file, or replaces it, in one atomic step. A failure removes the temporary file and leaves what was there.
 * @throws the file system's error
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode, sync, temporary }: ReplaceOptions,
): Promise<void> {
  const written = temporary ?? `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(written, temporary === undefined ? 'wx' : 'w', mode);
    await closing(file, async () => {
      await file.writeFile(content);
      if (sync !== 'none') await file.sync();
    });
    await rename(written, path);
  } catch (error) {
    await rm(written, { force: true }).catch(() => undefined);
    throw error;
  }
  if (sync === 'folder') await syncFolder(dirname(path));
}

/**
 * Writes a new file and waits until its content is on the disk.
 * @throws the file system's error: `EEXIST` where there is a file
 */
export async function writeNewFile(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  await closing(file, async () => {
    await file.writeFile(content);
    await file.sync();
  });
}

/**
 * Gives a finished file its name, and waits until both are on the disk. Both paths must be in one file system.
 * @throws the file system's error
 */
export async function publishFile(temporary: string, path: string): Promise<void> {
  await syncFile(temporary);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Waits until the content of an existing file is on the disk. @param mode permission bits to set before */
export async function syncFile(path: string, mode?: number): Promise<void> {
  const file = await open(path, 'r+');
  await closing(file, async () => {
    if (mode !== undefined) await file.chmod(mode);
    await file.sync();
  });
}

/** Waits until the names in a folder are on the disk, where the system can do that. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await closing(folder, () =>
    folder.sync().catch((error: unknown) => {
      if (!FOLDER_SYNC_UNSUPPORTED.includes(systemCode(error) ?? '')) throw error;
    }),
  );
}

async function closing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}
