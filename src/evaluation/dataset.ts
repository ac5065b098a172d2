import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { IMAGE_EXTENSIONS } from '../faces/image/decode.js';
import { RostroError } from '../shared/errors.js';

/** A photo of a dataset with one folder per person. */
export interface DatasetPhoto {
  /** Name of the folder. */
  readonly person: string;
  /** File name. */
  readonly name: string;
  readonly path: string;
}

/** The `number`-th photo of a person, from 1, in a dataset with LFW's layout. */
export interface PhotoRef {
  readonly person: string;
  readonly number: number;
}

/** Whether the file name has an image extension and is not hidden. */
export function isPhotoName(name: string): boolean {
  return !name.startsWith('.') && IMAGE_EXTENSIONS.includes(extname(name).toLowerCase());
}

/**
 * All photos in the subfolders of a folder, by person and name. Other files and hidden files are ignored.
 * @throws RostroError `no_file` when there is none
 */
export async function listDataset(dir: string): Promise<DatasetPhoto[]> {
  const photos: DatasetPhoto[] = [];
  for (const person of await folderEntries(dir)) {
    if (person.startsWith('.') || !(await isFolder(join(dir, person)))) continue;
    for (const name of await folderEntries(join(dir, person))) {
      if (isPhotoName(name)) photos.push({ person, name, path: join(dir, person, name) });
    }
  }
  if (photos.length > 0) return photos;
  throw new RostroError('no_file', `${dir} holds no folders of people with photos in them.`);
}

/** Finds a photo by LFW's naming, `<person>/<person>_<four digits>`, in any format; null if there is none. */
export async function findPhoto(dir: string, { person, number }: PhotoRef): Promise<string | null> {
  const stem = join(dir, person, `${person}_${String(number).padStart(4, '0')}`);
  for (const extension of IMAGE_EXTENSIONS) {
    const isFile = await stat(stem + extension).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) return stem + extension;
  }
  return null;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function folderEntries(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
    throw new RostroError('no_file', `Cannot read the folder ${dir}: ${reason}.`, { cause });
  }
}

/**
 * All photos in a folder and its subfolders, as relative paths with forward slashes, sorted. Hidden files and folders
 * are ignored.
 * @param except a folder to skip, absolute if `dir` is
 * @throws RostroError `no_file` when there is none
 */
export async function listPhotos(dir: string, except?: string): Promise<string[]> {
  const photos: string[] = [];
  await walk(dir, except, (path) => photos.push(relative(dir, path).split(sep).join('/')));
  if (photos.length > 0) return photos.sort();
  throw new RostroError('no_file', `${dir} holds no photos.`);
}

async function walk(folder: string, except: string | undefined, onPhoto: (path: string) => void): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || path === except) continue;
    if (entry.isDirectory()) await walk(path, except, onPhoto);
    else if (isPhotoName(entry.name) && (await isFile(path))) onPhoto(path);
  }
}

/** Follows symbolic links to photos, not to folders, which may form cycles. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
    throw new RostroError('no_file', `Cannot read the folder ${folder}: ${reason}.`, { cause });
  }
}

/** Identifies a version of a file: results for it are valid while size and modification time stay the same. */
export interface PhotoStamp {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** @throws Error of the file system when the file does not exist */
export async function stampOf(path: string): Promise<PhotoStamp> {
  const { size, mtimeMs } = await stat(path);
  return { path, size, mtimeMs };
}

export function isUnchanged(a: PhotoStamp, b: PhotoStamp): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}
