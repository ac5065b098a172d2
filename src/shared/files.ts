import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Permission bits of everything with faces, names or keys: only the user of the server may read it. Windows ignores
 * them; there the permissions of the parent folder apply.
 */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;
/** Permission bits of files without personal data that other users may need, such as models. */
export const PUBLIC_FILE = 0o644;

const OTHER_USERS = 0o077;
const ALL_BITS = 0o7777;

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
  /** Permission bits. Default: {@link PRIVATE_FILE}. */
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
  { mode = PRIVATE_FILE, sync, temporary }: ReplaceOptions,
): Promise<void> {
  const written = temporary ?? `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(written, temporary === undefined ? 'wx' : 'w', mode);
    await closing(file, async () => {
      if (temporary !== undefined) await file.chmod(mode);
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
 * Writes a new file that only its owner can read, and waits until its content is on the disk.
 * @throws the file system's error: `EEXIST` where there is a file
 */
export async function writeNewFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', PRIVATE_FILE);
  await closing(file, async () => {
    await file.writeFile(content);
    await file.sync();
  });
}

/**
 * Writes a report or picture to the path that a user gave: a file that only its owner can read, or a device or pipe. It
 * is neither atomic nor synced.
 * @throws the file system's error
 */
export async function writePrivate(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w', PRIVATE_FILE);
  await closing(file, async () => {
    if ((await file.stat()).isFile()) await file.chmod(PRIVATE_FILE).catch(() => undefined);
    await file.writeFile(content);
  });
}

/** Creates a folder, and its parents where they are missing. Only the owner can open the new folders. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}

/** Whether other users have rights on the file or folder. False where it is missing, and on Windows. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const found = await stat(path).catch(() => null);
  return found !== null && (found.mode & OTHER_USERS) !== 0;
}

/** Files and folders below a folder, and itself last, that other users have rights on. Symbolic links are not followed. */
export async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await openToOthers(path)));
    else if (entry.isFile() && (await isOpenToOthers(path))) found.push(path);
  }
  if (await isOpenToOthers(folder)) found.push(folder);
  return found;
}

/**
 * Removes the rights of other users. Succeeds also where the file does not exist any more.
 * @throws the file system's error, also where it ignores permission bits (`ENOTSUP`)
 */
export async function closeToOthers(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  await chmod(path, found.mode & ~OTHER_USERS & ALL_BITS);
  if (await isOpenToOthers(path)) throw Object.assign(new Error('ENOTSUP'), { code: 'ENOTSUP', syscall: 'chmod' });
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
