import { join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { Disk } from './disk.js';
import { EMBEDDINGS_FOLDER, embeddingFile, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { readPerson } from './read-person.js';
import type { PersonHints, StoredPerson } from './read-person.js';
import { sortFiles } from './sort-files.js';
import type { FoundFiles } from './sort-files.js';

const ORIGINAL_CROP = /^(.+)\.(?:jpe?g|png)$/i;
/** A person whose files say different things is read again: another process may be in the middle of a change. */
const READINGS = 3;

/** A person whose files cannot be used. */
export interface DamagedPerson {
  readonly stem: string;
  /** `gallery_corrupt` */
  readonly error: RostroError;
}

export interface StoredGallery extends FoundFiles {
  readonly people: readonly StoredPerson[];
  readonly damaged: readonly DamagedPerson[];
}

/**
 * Reads everything that a data folder holds, and changes nothing.
 * @throws RostroError `encryption_key_wrong`, and the file system's error
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
      return stem === undefined ? [] : [[stem, `${UPLOADS_FOLDER}/${name}`]];
    }),
  );
  const people: StoredPerson[] = [];
  const damaged: DamagedPerson[] = [];
  for (const stem of stems) {
    const hints = { hasSidecar: files.has(`${stem}.json`), originalCrop: originalCrops.get(stem) };
    const read = readOrBlame(disk, dataDir, stem, hints);
    if (read === null) continue;
    if ('error' in read) damaged.push(read);
    else people.push(read);
  }
  return { people, damaged, ...sortFiles(disk, dataDir, { embeddings, uploads, people, damaged }) };
}

/** Everything of theirs that lies on the disk, the `.npy` file last: who is moved is gone only with it. */
export function filesOfPerson({ stem, sidecar, examples }: StoredPerson): string[] {
  const crops = examples.flatMap(({ crop }) => (crop ? [crop] : []));
  return [...crops, ...(sidecar ? [sidecarFile(stem)] : []), embeddingFile(stem)];
}

function readOrBlame(
  disk: Disk,
  dataDir: string,
  stem: string,
  hints: PersonHints,
): StoredPerson | DamagedPerson | null {
  try {
    let person: StoredPerson | null = null;
    for (let reading = 0; reading < READINGS; reading++) {
      person = readPerson(disk, dataDir, stem, hints);
      if (person === null || (person.sidecar === null ? !hints.hasSidecar : person.unlabelled === 0)) break;
    }
    return person;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return { stem, error };
    throw error;
  }
}
