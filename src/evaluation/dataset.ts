import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
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
