import type { Dirent } from 'node:fs';
import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { cropsOf } from './change-parts.js';
import type { Disk } from './disk.js';
import { embeddingFile, EMBEDDINGS_FOLDER, isCropName, isTemporary, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { type PersonHints, readPerson, type StoredPerson } from './read-person.js';
import { parseSidecar } from './sidecar.js';

const ORIGINAL_CROP = /^(.+)\.(?:jpe?g|png)$/i;
/** A person whose files are inconsistent is read again: another process may be writing them. */
const READ_ATTEMPTS = 3;

/** A person whose files cannot be read. */
export interface DamagedPerson {
  readonly stem: string;
  /** `gallery_corrupt` */
  readonly error: RostroError;
}

export interface StoredGallery extends ClassifiedFiles {
  readonly people: readonly StoredPerson[];
  readonly damaged: readonly DamagedPerson[];
}

/**
 * Reads a data folder without changing it.
 * @throws RostroError `encryption_key_wrong`; the file system's error
 */
export async function readGalleryFolder(disk: Disk, dataDir: string): Promise<StoredGallery> {
  const embeddings = await disk.list(join(dataDir, EMBEDDINGS_FOLDER));
  const uploads = await disk.list(join(dataDir, UPLOADS_FOLDER));
  const files = new Set(embeddings.filter((entry) => !entry.isDirectory()).map(({ name }) => name));
  const stems = [...files]
    .filter((name) => /[^.]\.npy$/.test(name) && !name.startsWith('.'))
    .map((name) => name.slice(0, -4));
  const originalCrops = new Map(
    uploads.flatMap(({ name }) => {
      const stem = ORIGINAL_CROP.exec(name)?.[1];
      return stem === undefined ? [] : [[stem.normalize('NFC'), `${UPLOADS_FOLDER}/${name}`]];
    }),
  );
  const placeOf = placesIn(uploads);
  const people: StoredPerson[] = [];
  const damaged: DamagedPerson[] = [];
  for (const stem of stems) {
    const originalCrop = originalCrops.get(stem.normalize('NFC'));
    const hints = { hasSidecar: files.has(`${stem}.json`), originalCrop, placeOf };
    const read = readConsistently(disk, dataDir, stem, hints);
    if (read === null) continue;
    if ('error' in read) damaged.push(read);
    else people.push(read);
  }
  return { people, damaged, ...classifyFiles(disk, dataDir, { embeddings, uploads, people, damaged }) };
}

/** macOS decomposes accents in the names of files (NFD) when it copies a gallery; the paths in sidecars stay composed. */
function placesIn(uploads: readonly Dirent[]): (crop: string) => string {
  const names = new Set(uploads.map(({ name }) => name));
  const byForm = new Map([...names].map((name) => [name.normalize('NFC'), name]));
  return (crop) => {
    const [root, folder, ...file] = crop.split('/');
    const place = names.has(folder) ? undefined : byForm.get(folder.normalize('NFC'));
    return place === undefined ? crop : [root, place, ...file].join('/');
  };
}

/** All files of a person. The `.npy` file is the last: the person exists as long as it does. */
export function filesOfPerson(person: StoredPerson): string[] {
  const { stem, sidecar } = person;
  return [...cropsOf(person), ...(sidecar ? [sidecarFile(stem)] : []), embeddingFile(stem)];
}

function readConsistently(
  disk: Disk,
  dataDir: string,
  stem: string,
  hints: PersonHints,
): StoredPerson | DamagedPerson | null {
  try {
    let person: StoredPerson | null = null;
    for (let reading = 0; reading < READ_ATTEMPTS; reading++) {
      person = readPerson(disk, dataDir, stem, hints);
      if (person === null || (person.sidecar === null ? !hints.hasSidecar : person.unlabelled === 0)) break;
    }
    return person;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return { stem, error };
    throw error;
  }
}

/** Files of a data folder that do not belong to a readable person. Paths are relative to the folder. */
export interface ClassifiedFiles {
  /** Incomplete files of the gallery. */
  readonly temporaryFiles: readonly string[];
  /** All files of each damaged person, by stem. */
  readonly filesOfDamaged: ReadonlyMap<string, readonly string[]>;
  /** Crops and sidecars that the gallery wrote, without a row. */
  readonly orphans: readonly string[];
  /** Crops that a row refers to and that do not exist. */
  readonly missingCrops: readonly string[];
  /** Files that the gallery did not write; hidden files and README.md are ignored. */
  readonly unknownFiles: readonly string[];
}

interface Listing {
  readonly embeddings: readonly Dirent[];
  readonly uploads: readonly Dirent[];
  readonly people: readonly StoredPerson[];
  readonly damaged: readonly { readonly stem: string }[];
}

/** Assigns each file of the two folders to a person or to one of the groups of {@link ClassifiedFiles}. */
export function classifyFiles(disk: Disk, dataDir: string, listing: Listing): ClassifiedFiles {
  const { embeddings, uploads, people, damaged } = listing;
  const crops = new Set(people.flatMap(cropsOf));
  const missing = new Set(crops);
  const filesOfDamaged = new Map<string, string[]>(damaged.map(({ stem }) => [stem, []]));
  const found = { temporaryFiles: [] as string[], orphans: [] as string[], unknownFiles: [] as string[] };
  const classify = (path: string, owner: string, isOurs: () => boolean): void => {
    const name = posix.basename(path);
    if (missing.delete(path) || crops.has(path)) return;
    if (isTemporary(name)) found.temporaryFiles.push(path);
    else if (name.startsWith('.') || name === 'README.md') return;
    else if (filesOfDamaged.has(owner)) filesOfDamaged.get(owner)!.push(path);
    else (isOurs() ? found.orphans : found.unknownFiles).push(path);
  };
  for (const entry of uploads) {
    const path = `${UPLOADS_FOLDER}/${entry.name}`;
    if (!entry.isDirectory()) {
      classify(path, posix.parse(entry.name).name, () => false);
      continue;
    }
    const inside = disk.listSync(join(dataDir, path));
    const isForeign = !inside.some(({ name }) => crops.has(`${path}/${name}`) || isCropName(name) || isTemporary(name));
    if (isForeign) classify(path, entry.name, () => false);
    else for (const { name } of inside) classify(`${path}/${name}`, entry.name, () => isCropName(name));
  }
  const known = new Set(
    people.flatMap(({ stem, sidecar }) => [embeddingFile(stem), ...(sidecar ? [sidecarFile(stem)] : [])]),
  );
  for (const { name } of embeddings) {
    const path = `${EMBEDDINGS_FOLDER}/${name}`;
    if (!known.has(path)) classify(path, posix.parse(name).name, () => isSidecar(disk, dataDir, path));
  }
  return { ...found, filesOfDamaged, missingCrops: [...missing] };
}

/** Whether the gallery wrote the file as a sidecar. */
function isSidecar(disk: Disk, dataDir: string, path: string): boolean {
  if (!path.endsWith('.json')) return false;
  try {
    const bytes = disk.readSync(join(dataDir, path));
    return bytes !== null && parseSidecar(bytes, path).name !== '';
  } catch (error) {
    if (error instanceof RostroError && error.code !== 'encryption_key_wrong') return false;
    throw error;
  }
}
