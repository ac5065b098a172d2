import { join } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { Pipeline } from '../faces/pipeline/pipeline.js';
import type { Disk } from '../gallery/files/disk.js';
import type { Gallery, PersonDetails } from '../gallery/gallery.js';
import { Quarantine } from '../gallery/files/quarantine.js';
import { peopleSetAside, type PersonSetAside } from '../gallery/files/set-aside-people.js';
import { faceInCrop } from './crop-embedder.js';

export interface Repaired {
  /** Or the name of their files, where their name is lost. */
  readonly name: string;
  /** Examples that are back. */
  readonly examples: number;
  /** Why somebody, or some of their photos, are not back; null where everything is. */
  readonly missing: string | null;
}

export interface RepairParts {
  readonly pipeline: Pick<Pipeline, 'analyse'>;
  readonly gallery: Pick<Gallery, 'add' | 'describe' | 'people'>;
  /** That of the gallery, with its encryption. */
  readonly disk: Disk;
  readonly dataDir: string;
}

/**
 * Brings people who were set aside back from their kept photos, embedded anew. Their old files stay in the quarantine,
 * marked as restored.
 * @throws RostroError `storage_failed`, `encryption_key_wrong`
 */
export async function repairPeople(parts: RepairParts): Promise<Repaired[]> {
  const repaired: Repaired[] = [];
  for (const person of await peopleSetAside(parts.disk, parts.dataDir)) {
    const hasNothingMore = person.crops.length === 0 && isEnrolled(person.name, parts.gallery);
    if (!hasNothingMore) repaired.push(await repairPerson(person, parts));
  }
  return repaired;
}

export function isEnrolled(name: string | null, gallery: Pick<Gallery, 'people'>): boolean {
  return gallery.people().some((person) => person.name === name);
}

async function repairPerson(
  { stem, name, details, crops, files }: PersonSetAside,
  parts: RepairParts,
): Promise<Repaired> {
  if (name === null) return { name: stem, examples: 0, missing: 'their name is lost; enrol their photos by hand' };
  if (crops.length === 0) return { name, examples: 0, missing: 'no photo of theirs was kept; enrol them again' };
  const isKnown = isEnrolled(name, parts.gallery);
  let examples = 0;
  for (const crop of crops) examples += Number(await addCrop(name, crop, parts));
  if (examples === 0) return { name, examples, missing: 'no face is found in their photos' };
  if (!isKnown) await describeAgain(name, details, parts.gallery);
  await new Quarantine(parts.disk, parts.dataDir).markRestored(files);
  const lost = crops.length - examples;
  return { name, examples, missing: lost === 0 ? null : `no face is found in ${lost} of their ${crops.length} photos` };
}

/** An id that somebody else has been given since then stays with them. */
async function describeAgain(name: string, details: PersonDetails, gallery: RepairParts['gallery']): Promise<void> {
  const isTaken = details.id !== null && gallery.people().some(({ id }) => id === details.id);
  await gallery.describe(name, isTaken ? { ...details, id: null } : details);
}

/** @returns whether the photo gave an example */
async function addCrop(
  name: string,
  { path, details: known }: PersonSetAside['crops'][number],
  { pipeline, gallery, disk, dataDir }: RepairParts,
): Promise<boolean> {
  const crop = await readOrNull(disk, join(dataDir, path));
  const face = crop && (await faceInCrop(pipeline, crop, known).catch(nullIfUnusable));
  if (!crop || !face) return false;
  const { box, confidence, embedding } = face;
  await gallery.add(name, { embedding, crop, details: known ?? { confidence, boxInCrop: box } });
  return true;
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
