import { join, posix } from 'node:path';
import type { Pipeline } from '../../faces/pipeline/pipeline.js';
import { RostroError } from '../../shared/errors.js';
import {
  type ExampleDetails,
  furtherDetails,
  type Gallery,
  type NewExample,
  NO_DETAILS,
  type PersonDetails,
} from '../gallery.js';
import { hasLostCharacters } from '../../shared/text-encoding.js';
import { faceInCrop } from '../reembed/reembed.js';
import type { Disk } from './disk.js';
import { EMBEDDINGS_FOLDER, isNegativeCrop, originalPath, sidecarFile, UPLOADS_FOLDER } from './layout.js';
import { hidesName } from './people-index.js';
import { Quarantine, readSidecar } from './quarantine.js';

export interface Repaired {
  /** The file stem where the name is lost. */
  readonly name: string;
  /** Number of restored examples. */
  readonly examples: number;
  /** What could not be restored and why; null where everything was. */
  readonly missing: string | null;
}

export interface RepairParts {
  readonly pipeline: Pick<Pipeline, 'run'>;
  readonly gallery: Pick<Gallery, 'add' | 'describe' | 'people' | 'negatives'>;
  /** The gallery's disk, with encryption. */
  readonly disk: Disk;
  readonly dataDir: string;
}

/**
 * Re-enrols quarantined people from their stored crops. Their old files stay in the quarantine, marked as restored.
 * @throws RostroError `storage_failed`, `encryption_key_wrong`
 */
export async function repairPeople(parts: RepairParts): Promise<Repaired[]> {
  const repaired: Repaired[] = [];
  for (const person of await quarantinedPeople(parts.disk, parts.dataDir)) {
    const hasNothingMore = person.crops.length === 0 && isEnrolled(person.name, parts.gallery);
    if (!hasNothingMore) repaired.push(await repairPerson(person, parts));
  }
  return repaired;
}

export function isEnrolled(name: string | null, gallery: Pick<Gallery, 'people'>): boolean {
  return gallery.people().some((person) => person.name === name);
}

async function repairPerson(
  { stem, name, details, crops, files }: QuarantinedPerson,
  parts: RepairParts,
): Promise<Repaired> {
  if (name === null || hasLostCharacters(name)) {
    const lost = name === null ? 'their name is lost' : 'characters of their name are lost';
    return { name: name ?? stem, examples: 0, missing: `${lost}; enrol their photos by hand` };
  }
  if (crops.length === 0) return { name, examples: 0, missing: 'no photo of theirs was kept; enrol them again' };
  const isKnown = isEnrolled(name, parts.gallery);
  const [negatives, photos] = [true, false].map((is) => crops.filter(({ path }) => isNegativeCrop(path) === is));
  let examples = 0;
  for (const crop of photos) examples += Number(await addCrop(name, crop, parts));
  if (examples === 0) return { name, examples, missing: 'no face is found in their photos' };
  if (!isKnown) await restoreDetails(name, details, parts.gallery);
  for (const crop of negatives) await addNegative(name, crop, parts);
  await new Quarantine(parts.disk, parts.dataDir).markRestored(files);
  const lost = photos.length - examples;
  return {
    name,
    examples,
    missing: lost === 0 ? null : `no face is found in ${lost} of their ${photos.length} photos`,
  };
}

/** Restores the details without the id where another person has it now. */
async function restoreDetails(name: string, details: PersonDetails, gallery: RepairParts['gallery']): Promise<void> {
  const isTaken = details.id !== null && gallery.people().some(({ id }) => id === details.id);
  await gallery.describe(name, isTaken ? { ...details, id: null } : details);
}

/** @returns whether an example was added */
async function addCrop(name: string, crop: QuarantinedPerson['crops'][number], parts: RepairParts): Promise<boolean> {
  const example = await exampleOf(crop, parts);
  if (example !== null) await parts.gallery.add(name, example);
  return example !== null;
}

async function addNegative(name: string, crop: QuarantinedPerson['crops'][number], parts: RepairParts): Promise<void> {
  const negative = await exampleOf(crop, parts);
  if (negative !== null) await parts.gallery.negatives.add(name, { ...negative, nearest: null });
}

async function exampleOf(
  { path, details: known }: QuarantinedPerson['crops'][number],
  { pipeline, disk, dataDir }: RepairParts,
): Promise<NewExample | null> {
  const crop = await readOrNull(disk, join(dataDir, path));
  const face = crop && (await faceInCrop(pipeline, crop, known).catch(nullIfUnusable));
  if (!crop || !face) return null;
  const { box, confidence, embedding } = face;
  return { embedding, crop, details: known ?? { confidence, boxInCrop: box } };
}

function readOrNull(disk: Disk, path: string): Promise<Uint8Array | null> {
  return disk.read(path).catch((error: unknown) => {
    if (error instanceof RostroError && error.code === 'gallery_corrupt') return null;
    throw error;
  });
}

function nullIfUnusable(error: unknown): null {
  if (error instanceof RostroError) return null;
  throw error;
}

/** A person with files in the quarantine. Paths are relative to the data folder. */
export interface QuarantinedPerson {
  readonly stem: string;
  /** Null where the name is lost. */
  readonly name: string | null;
  readonly details: PersonDetails;
  readonly crops: readonly { readonly path: string; readonly details: ExampleDetails | null }[];
  /** All files of the person. */
  readonly files: readonly string[];
}

/**
 * People in the quarantine that are not marked as restored: those with an `.npy` file or a sidecar. Crops alone are
 * ignored.
 * @throws RostroError `encryption_key_wrong`; the file system's error
 */
export async function quarantinedPeople(disk: Disk, dataDir: string): Promise<QuarantinedPerson[]> {
  const files = await new Quarantine(disk, dataDir).files({ restored: false });
  const stems = new Set(
    files.flatMap((path) => {
      const { dir, name, ext } = posix.parse(originalPath(path));
      return dir === EMBEDDINGS_FOLDER && (ext === '.npy' || ext === '.json') ? [name] : [];
    }),
  );
  const people: QuarantinedPerson[] = [];
  for (const stem of stems) {
    const person = await personOf(stem, files, disk, dataDir);
    if (person !== null) people.push(person);
  }
  return people;
}

/** @returns null for a `.json` file that is not a sidecar */
async function personOf(
  stem: string,
  everything: readonly string[],
  disk: Disk,
  dataDir: string,
): Promise<QuarantinedPerson | null> {
  const files = everything.filter((path) => {
    const { dir, name } = posix.parse(originalPath(path));
    return dir === `${UPLOADS_FOLDER}/${stem}` || (name === stem && [EMBEDDINGS_FOLDER, UPLOADS_FOLDER].includes(dir));
  });
  const description = files.find((path) => originalPath(path) === sidecarFile(stem));
  const sidecar = description === undefined ? null : await readSidecar(disk, dataDir, description);
  if (sidecar === null && !files.some((path) => path.endsWith('.npy'))) return null;
  const described = [...(sidecar?.examples ?? []), ...(sidecar?.negatives ?? [])];
  const detailsOf = new Map(described.map(({ crop, details }) => [crop, details]));
  // Newest first; of several copies of a crop the newest counts.
  const crops = new Map(
    files
      .filter((path) => originalPath(path).startsWith(`${UPLOADS_FOLDER}/`))
      .reverse()
      .map((path) => [originalPath(path), path]),
  );
  const known = sidecar ?? NO_DETAILS;
  const { id, metadata, groups } = known;
  // The examples get new ids.
  const further = furtherDetails({ ...known, cover: null });
  return {
    stem,
    details: { id, metadata, groups, ...further },
    name: sidecar?.name ?? (hidesName(stem) ? null : stem.normalize('NFC')),
    crops: [...crops].map(([original, path]) => ({ path, details: detailsOf.get(original) ?? null })),
    files,
  };
}
