import { join, posix } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { Disk } from './disk.js';
import { type ExampleDetails, NO_DETAILS, type PersonDetails } from '../gallery.js';
import { EMBEDDINGS_FOLDER, originalPath, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { Quarantine } from './quarantine.js';
import { parseSidecar, type Sidecar } from './sidecar.js';

/** The name itself is lost where the file name is only derived from it (`markedStem`) and its description is gone. */
const DERIVED = /~[0-9a-f]{10}$/;

/** Someone whose files were set aside. Paths are relative to the data folder and lie in the quarantine. */
export interface PersonSetAside {
  readonly stem: string;
  /** Null where nothing says it any more. */
  readonly name: string | null;
  readonly details: PersonDetails;
  readonly crops: readonly { readonly path: string; readonly details: ExampleDetails | null }[];
  /** All of their files. */
  readonly files: readonly string[];
}

/**
 * Everyone in the quarantine whose rows or description were set aside, and who is not marked as restored. A crop that
 * was set aside alone belongs to nobody any more and is not among them.
 * @throws the file system's error, and RostroError `encryption_key_wrong`
 */
export async function peopleSetAside(disk: Disk, dataDir: string): Promise<PersonSetAside[]> {
  const files = await new Quarantine(disk, dataDir).files({ restored: false });
  const stems = new Set(
    files.flatMap((path) => {
      const { dir, name, ext } = posix.parse(originalPath(path));
      return dir === EMBEDDINGS_FOLDER && (ext === '.npy' || ext === '.json') ? [name] : [];
    }),
  );
  const people: PersonSetAside[] = [];
  for (const stem of stems) {
    const person = await personOf(stem, files, disk, dataDir);
    if (person !== null) people.push(person);
  }
  return people;
}

/** @returns null for a description of another hand */
async function personOf(
  stem: string,
  everything: readonly string[],
  disk: Disk,
  dataDir: string,
): Promise<PersonSetAside | null> {
  const files = everything.filter((path) => {
    const { dir, name } = posix.parse(originalPath(path));
    return dir === `${UPLOADS_FOLDER}/${stem}` || (name === stem && [EMBEDDINGS_FOLDER, UPLOADS_FOLDER].includes(dir));
  });
  const sidecar = await readSidecar(
    files.find((path) => originalPath(path) === sidecarFile(stem)),
    disk,
    dataDir,
  );
  if (sidecar === null && !files.some((path) => path.endsWith('.npy'))) return null;
  const detailsOf = new Map(sidecar?.examples.map(({ crop, details }) => [crop, details]));
  // The newest moment comes first, and a crop counts once.
  const crops = new Map(
    files
      .filter((path) => originalPath(path).startsWith(`${UPLOADS_FOLDER}/`))
      .reverse()
      .map((path) => [originalPath(path), path]),
  );
  const { id, metadata, groups } = sidecar ?? NO_DETAILS;
  return {
    stem,
    details: { id, metadata, groups },
    name: sidecar?.name ?? (DERIVED.test(stem) ? null : stem.normalize('NFC')),
    crops: [...crops].map(([original, path]) => ({ path, details: detailsOf.get(original) ?? null })),
    files,
  };
}

async function readSidecar(path: string | undefined, disk: Disk, dataDir: string): Promise<Sidecar | null> {
  try {
    const bytes = path === undefined ? null : await disk.read(join(dataDir, path));
    return bytes && parseSidecar(bytes, path!);
  } catch (error) {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return null;
    throw error;
  }
}
