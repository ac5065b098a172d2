import { constants, promises as fs, readdirSync, readFileSync } from 'node:fs';
import type { Dirent } from 'node:fs';

/**
 * The few things that the gallery does to files. Paths are absolute. Every step is on its own: what happens to the
 * gallery when the machine stops between two of them is tested step by step.
 */
export interface Disk {
  /** @returns the file's bytes, null where there is none */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * As `read`, but holds everything up: for the start, when nobody waits. Twenty thousand small files are read five
   * times as fast this way as over the thread pool.
   */
  readAtOnce(path: string): Uint8Array | null;
  /** @returns what lies in a folder; nothing where there is no such folder */
  list(folder: string): Promise<Dirent[]>;
  /** As `list`, but holds everything up, as `readAtOnce` does. */
  listAtOnce(folder: string): Dirent[];
  exists(path: string): Promise<boolean>;
  /** When the file's content was last changed, by the clock of then. */
  modifiedAt(path: string): Promise<Date>;
  makeFolder(folder: string): Promise<void>;
  /**
   * Writes a new file and waits until its bytes are on the medium.
   * @param finalPath what a rename will call it, where it is not to keep its name
   */
  writeNew(path: string, bytes: Uint8Array, finalPath?: string): Promise<void>;
  /** A second name for a file's content, or a copy where the file system has no hard links. */
  duplicate(from: string, to: string): Promise<void>;
  /** Atomic; takes the place of what is there. */
  rename(from: string, to: string): Promise<void>;
  /** No matter whether the file is there. */
  remove(path: string): Promise<void>;
  /** Removes the folder where it is empty. @returns whether there is no such folder any more */
  removeEmptyFolder(folder: string): Promise<boolean>;
  /** Waits until the folder's entries are on the medium. */
  syncFolder(folder: string): Promise<void>;
}

/** What Linux, macOS and Windows answer where a folder cannot be synced; there is nothing else to try then. */
const FOLDER_SYNC_UNSUPPORTED = [
  'EINVAL',
  'ENOTSUP',
  'ENOSYS',
  ...(process.platform === 'win32' ? ['EPERM', 'EISDIR'] : []),
];
const LINK_UNSUPPORTED = ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EXDEV'];
const FOLDER_IN_USE = ['ENOTEMPTY', 'EEXIST'];
/** Nothing has that path; with ENOTDIR because a part of it is a file. */
const ABSENT = ['ENOENT', 'ENOTDIR'];

/** @returns the system's short code of a failed call (`ENOSPC`), undefined for any other error */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function unless(codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(systemCode(error) ?? '')) throw error;
  };
}

async function writeAndSync(path: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function copyAndSync(from: string, to: string): Promise<void> {
  await fs.copyFile(from, to, constants.COPYFILE_EXCL);
  const file = await fs.open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The real disk. */
export const nodeDisk: Disk = {
  read: (path) =>
    fs.readFile(path).catch((error: unknown) => {
      unless(ABSENT)(error);
      return null;
    }),
  readAtOnce(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      unless(ABSENT)(error);
      return null;
    }
  },
  list: (folder) =>
    fs.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      unless(['ENOENT'])(error);
      return [];
    }),
  listAtOnce(folder) {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      unless(ABSENT)(error);
      return [];
    }
  },
  exists: (path) =>
    fs.lstat(path).then(
      () => true,
      (error: unknown) => {
        unless(ABSENT)(error);
        return false;
      },
    ),
  modifiedAt: (path) => fs.stat(path).then(({ mtime }) => mtime),
  async makeFolder(folder) {
    await fs.mkdir(folder, { recursive: true });
  },
  writeNew: writeAndSync,
  async duplicate(from, to) {
    await fs.link(from, to).catch(async (error: unknown) => {
      unless(LINK_UNSUPPORTED)(error);
      await copyAndSync(from, to);
    });
  },
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.unlink(path).catch(unless(ABSENT)),
  removeEmptyFolder: (folder) =>
    fs.rmdir(folder).then(
      () => true,
      (error: unknown) => {
        unless([...FOLDER_IN_USE, ...ABSENT])(error);
        return !FOLDER_IN_USE.includes(systemCode(error)!);
      },
    ),
  async syncFolder(folder) {
    const handle = await fs.open(folder, 'r');
    try {
      await handle.sync().catch(unless(FOLDER_SYNC_UNSUPPORTED));
    } finally {
      await handle.close();
    }
  },
};
