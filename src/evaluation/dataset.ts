import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { PhotoRef } from './pairs.js';

/** A photo of a dataset that is a folder of people's folders. */
export interface DatasetPhoto {
  /** The name of its folder. */
  readonly person: string;
  /** The name of the file. */
  readonly name: string;
  readonly path: string;
}

const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.gif'];

/** Whether a file is called as a photo is, and not hidden. */
export function isPhotoName(name: string): boolean {
  return !name.startsWith('.') && EXTENSIONS.includes(extname(name).toLowerCase());
}

/**
 * Every photo in the folders of a folder, by person and name. Files beside the folders, hidden files and files that are
 * no pictures by their names are passed over.
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

/** The file of a photo by LFW's rule, `<person>/<person>_<four digits>`, whatever its format; null if there is none. */
export async function findPhoto(dir: string, { person, number }: PhotoRef): Promise<string | null> {
  const stem = join(dir, person, `${person}_${String(number).padStart(4, '0')}`);
  for (const extension of EXTENSIONS) {
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
 * Every photo in a folder and the folders in it, relative to it, with forward slashes, sorted. Hidden files and folders
 * are passed over.
 * @param except a folder that is passed over too, absolute like `dir`
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

/** Links to photos count, links to folders do not: they may go in circles. */
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

/** Which file was looked at, and in which state: what was found in it holds as long as both figures stay. */
export interface PhotoStamp {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** @throws Error of the file system when there is no such file */
export async function stampOf(path: string): Promise<PhotoStamp> {
  const { size, mtimeMs } = await stat(path);
  return { path, size, mtimeMs };
}

export function sameState(a: PhotoStamp, b: PhotoStamp): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}
