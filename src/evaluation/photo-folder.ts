import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { isPhotoName } from './dataset.js';

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
