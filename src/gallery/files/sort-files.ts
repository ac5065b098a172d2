import type { Dirent } from 'node:fs';
import { posix, join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { Disk } from './disk.js';
import { EMBEDDINGS_FOLDER, embeddingFile, isCropName, isTemporary, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { parseSidecar } from './sidecar.js';
import type { StoredPerson } from './read-person.js';

/** Files of a data folder that are not simply somebody's. Paths are relative to it. */
export interface FoundFiles {
  /** Unfinished files of ours. */
  readonly temporaryFiles: readonly string[];
  /** Of people whose files cannot be used: everything that is theirs, by their stem. */
  readonly filesOfDamaged: ReadonlyMap<string, readonly string[]>;
  /** Crops and descriptions that only the gallery can have written, and that belong to no row. */
  readonly orphans: readonly string[];
  /** Crops of rows that are not there. */
  readonly missingCrops: readonly string[];
  /** What the gallery does not know. Hidden files and README.md go without saying. */
  readonly strangers: readonly string[];
}

interface Listing {
  readonly embeddings: readonly Dirent[];
  readonly uploads: readonly Dirent[];
  readonly people: readonly StoredPerson[];
  readonly damaged: readonly { readonly stem: string }[];
}

/** Says of every file in the two folders whose it is. */
export function sortFiles(disk: Disk, dataDir: string, listing: Listing): FoundFiles {
  const { embeddings, uploads, people, damaged } = listing;
  const crops = new Set(people.flatMap(({ examples }) => examples.flatMap(({ crop }) => crop ?? [])));
  const missing = new Set(crops);
  const filesOfDamaged = new Map<string, string[]>(damaged.map(({ stem }) => [stem, []]));
  const found = { temporaryFiles: [] as string[], orphans: [] as string[], strangers: [] as string[] };
  const sort = (path: string, owner: string, isOurs: () => boolean): void => {
    const name = posix.basename(path);
    if (missing.delete(path) || crops.has(path)) return;
    if (isTemporary(name)) found.temporaryFiles.push(path);
    else if (name.startsWith('.') || name === 'README.md') return;
    else if (filesOfDamaged.has(owner)) filesOfDamaged.get(owner)!.push(path);
    else (isOurs() ? found.orphans : found.strangers).push(path);
  };
  for (const entry of uploads) {
    const path = `${UPLOADS_FOLDER}/${entry.name}`;
    if (!entry.isDirectory()) {
      sort(path, posix.parse(entry.name).name, () => false);
      continue;
    }
    const inside = disk.listAtOnce(join(dataDir, path));
    const isForeign = !inside.some(({ name }) => crops.has(`${path}/${name}`) || isCropName(name) || isTemporary(name));
    if (isForeign) sort(path, entry.name, () => false);
    else for (const { name } of inside) sort(`${path}/${name}`, entry.name, () => isCropName(name));
  }
  const known = new Set(
    people.flatMap(({ stem, sidecar }) => [embeddingFile(stem), ...(sidecar ? [sidecarFile(stem)] : [])]),
  );
  for (const { name } of embeddings) {
    const path = `${EMBEDDINGS_FOLDER}/${name}`;
    if (!known.has(path)) sort(path, posix.parse(name).name, () => isSidecar(disk, dataDir, path));
  }
  return { ...found, filesOfDamaged, missingCrops: [...missing] };
}

/** Only a description that we wrote, left without its rows, is ours; any other file is somebody else's. */
function isSidecar(disk: Disk, dataDir: string, path: string): boolean {
  if (!path.endsWith('.json')) return false;
  try {
    const bytes = disk.readAtOnce(join(dataDir, path));
    return bytes !== null && parseSidecar(bytes, path).name !== '';
  } catch (error) {
    if (error instanceof RostroError && error.code !== 'encryption_key_wrong') return false;
    throw error;
  }
}
