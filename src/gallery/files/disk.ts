import { constants, type Dirent, promises as fs, readdirSync, readFileSync } from 'node:fs';
import { makePrivateFolder, PRIVATE_FILE, syncFile, syncFolder, systemCode, writeNewFile } from '../../shared/files.js';

/**
 * The file operations of the gallery. Paths are absolute. Each operation is a separate step, so that tests can
 * simulate a crash between any two.
 */
export interface Disk {
  /** @returns null where the file does not exist */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * Blocks the event loop; for the start only. Reads twenty thousand small files five times as fast as the thread pool.
   * @returns null where the file does not exist
   */
  readSync(path: string): Uint8Array | null;
  /** @returns the entries of a folder; none where it does not exist */
  list(folder: string): Promise<Dirent[]>;
  /** Blocks the event loop, as `readSync`. */
  listSync(folder: string): Dirent[];
  exists(path: string): Promise<boolean>;
  /** The mtime of the file. */
  modifiedAt(path: string): Promise<Date>;
  makeFolder(folder: string): Promise<void>;
  /**
   * Writes a new file and syncs it.
   * @param finalPath the path that the file will be renamed to
   */
  writeNew(path: string, bytes: Uint8Array, finalPath?: string): Promise<void>;
  /** Creates a hard link, or a copy where the file system has none. */
  duplicate(from: string, to: string): Promise<void>;
  /** Atomic; replaces an existing file. */
  rename(from: string, to: string): Promise<void>;
  /** Succeeds also where the file does not exist. */
  remove(path: string): Promise<void>;
  /** Removes the folder if it is empty. @returns whether the folder is gone */
  removeEmptyFolder(folder: string): Promise<boolean>;
  /** Syncs the entries of the folder. */
  syncFolder(folder: string): Promise<void>;
}

const LINK_UNSUPPORTED = ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EXDEV'];
const FOLDER_IN_USE = ['ENOTEMPTY', 'EEXIST'];
/** The path does not exist; ENOTDIR where a parent is a file. */
const NOT_FOUND = ['ENOENT', 'ENOTDIR'];

function unlessCode(codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(systemCode(error) ?? '')) throw error;
  };
}

async function copyAndSync(from: string, to: string): Promise<void> {
  await fs.copyFile(from, to, constants.COPYFILE_EXCL);
  await syncFile(to, PRIVATE_FILE);
}

/** The file system of the machine. */
export const nodeDisk: Disk = {
  read: (path) =>
    fs.readFile(path).catch((error: unknown) => {
      unlessCode(NOT_FOUND)(error);
      return null;
    }),
  readSync(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      unlessCode(NOT_FOUND)(error);
      return null;
    }
  },
  list: (folder) =>
    fs.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      unlessCode(['ENOENT'])(error);
      return [];
    }),
  listSync(folder) {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      unlessCode(NOT_FOUND)(error);
      return [];
    }
  },
  exists: (path) =>
    fs.lstat(path).then(
      () => true,
      (error: unknown) => {
        unlessCode(NOT_FOUND)(error);
        return false;
      },
    ),
  modifiedAt: (path) => fs.stat(path).then(({ mtime }) => mtime),
  makeFolder: makePrivateFolder,
  writeNew: (path, bytes) => writeNewFile(path, bytes),
  async duplicate(from, to) {
    await fs.link(from, to).catch(async (error: unknown) => {
      unlessCode(LINK_UNSUPPORTED)(error);
      await copyAndSync(from, to);
    });
  },
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.unlink(path).catch(unlessCode(NOT_FOUND)),
  removeEmptyFolder: (folder) =>
    fs.rmdir(folder).then(
      () => true,
      (error: unknown) => {
        unlessCode([...FOLDER_IN_USE, ...NOT_FOUND])(error);
        return !FOLDER_IN_USE.includes(systemCode(error)!);
      },
    ),
  syncFolder,
};

/**
 * Writes a file, or replaces it, in one atomic step; its folder is not synced. A failure removes the temporary file.
 * @param temporary path of a file that does not exist, in the same folder
 */
export async function writeAndRename(disk: Disk, temporary: string, path: string, bytes: Uint8Array): Promise<void> {
  try {
    await disk.writeNew(temporary, bytes, path);
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
}
