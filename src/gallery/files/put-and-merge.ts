import { join, posix } from 'node:path';
import { type EmbeddedExample, type EmbeddedPerson, type FullExample, mergeDetails } from '../gallery.js';
import { entriesOf, newExampleId } from '../person-rows.js';
import {
  commitOf,
  type ContractRef,
  cropsAndSidecar,
  cropsOf,
  journalOf,
  type PersonRecord,
  type PlannedChange,
  sidecarBefore,
  sidecarOf,
} from './change-parts.js';
import type { Disk } from './disk.js';
import type { Change, Cleanup } from './journal.js';
import { cropFile, embeddingFile, sidecarFile } from './layout.js';
import type { SidecarEntry } from './sidecar.js';

/**
 * Adds the examples of `from` to `into`. Writing the rows of `into` is the commit; then the files of `from` are
 * deleted.
 */
export function planMerge(from: PersonRecord, into: PersonRecord, contract: ContractRef): PlannedChange<PersonRecord> {
  const taken = new Set(into.person.examples.map(({ id }) => id));
  const moved = from.person.examples.map((example): EmbeddedExample => {
    const id = taken.has(example.id) ? newExampleId() : example.id;
    return { ...example, id, crop: example.crop && cropFile(into.stem, id, posix.extname(example.crop)) };
  });
  const examples = [...into.person.examples, ...moved];
  const details = mergeDetails(from.person, into.person);
  const after = { stem: into.stem, person: { name: into.person.name, ...details, examples }, hasSidecar: true };
  const { commit, doneWhen } = commitOf(after);
  const sidecar = sidecarOf(after, contract);
  const duplicates = from.person.examples.flatMap(({ crop }, i) => (crop ? [{ from: crop, to: moved[i].crop! }] : []));
  const done = { remove: [embeddingFile(from.stem), ...cropsAndSidecar(from)], sidecar };
  const copies = duplicates.map(({ to }) => to);
  const undone = undo(into, copies, into.stem, contract);
  const change: Change = { sidecar, newFiles: [], duplicates, commit, journal: journalOf(doneWhen, done, undone) };
  return { change, after };
}

export interface PutPlan {
  readonly stem: string;
  readonly person: EmbeddedPerson;
  /** Crops that do not exist yet. */
  readonly newFiles: Change['newFiles'];
  /** Files to delete, except crops. */
  readonly remove: readonly string[];
}

/** @param before the enrolled person with that name, null where there is none; crops that `person` also has are kept */
export function planPut(
  before: PersonRecord | null,
  { stem, person, newFiles, remove }: PutPlan,
  contract: ContractRef,
): PlannedChange<PersonRecord> {
  const after = { stem, person, hasSidecar: true };
  const { commit, doneWhen } = commitOf(after);
  const kept = new Set(cropsOf(person));
  const dropped = before ? cropsOf(before.person).filter((crop) => !kept.has(crop)) : [];
  const done = { remove: [...dropped, ...remove], sidecar: sidecarOf(after, contract) };
  const written = newFiles.map(({ path }) => path);
  const undone = undo(before, written, stem, contract);
  const change: Change = {
    sidecar: sidecarOf(after, contract, before ? replacedEntries(before.person, person) : []),
    newFiles,
    duplicates: [],
    commit,
    journal: journalOf(doneWhen, done, undone),
  };
  return { change, after };
}

/** Entries of the old rows, so that a reader before the commit finds them described. */
function replacedEntries(old: EmbeddedPerson, { examples }: EmbeddedPerson): SidecarEntry[] {
  const taken = new Set(examples.map(({ id }) => id));
  return entriesOf(old.examples).map((entry) => (taken.has(entry.id) ? { ...entry, id: newExampleId() } : entry));
}

function undo(before: PersonRecord | null, files: readonly string[], stem: string, contract: ContractRef): Cleanup {
  const remove = [...files, ...(before?.hasSidecar ? [] : [sidecarFile(stem)])];
  return { remove, sidecar: sidecarBefore(before, contract) };
}

export interface CropOptions {
  readonly stem: string;
  /** The enrolled person; null where there is none. */
  readonly before: PersonRecord | null;
  readonly disk: Disk;
  readonly dataDir: string;
}

export interface PlacedExamples {
  readonly examples: readonly EmbeddedExample[];
  readonly newFiles: Change['newFiles'];
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Chooses a path for each crop: the existing file where it has the same content, else an unused path. */
export async function placeCrops(given: readonly FullExample[], options: CropOptions): Promise<PlacedExamples> {
  const examples: EmbeddedExample[] = [];
  const newFiles: { path: string; bytes: Uint8Array }[] = [];
  for (const { crop: bytes, embedding, ...rest } of given) {
    const place = bytes && (await placeOf(rest.id, bytes, options));
    if (bytes && place && !place.exists) newFiles.push({ path: place.path, bytes });
    examples.push({ ...rest, embedding: embedding.slice(), crop: place && place.path });
  }
  return { examples, newFiles };
}

async function placeOf(
  id: string,
  bytes: Uint8Array,
  { stem, before, disk, dataDir }: CropOptions,
): Promise<{ path: string; exists: boolean }> {
  const extension = PNG.equals(bytes.subarray(0, PNG.length)) ? '.png' : '.jpg';
  const path = cropFile(stem, id, extension);
  if (!(await disk.exists(join(dataDir, path)))) return { path, exists: false };
  const isOwn = before?.person.examples.some(({ crop }) => crop === path) ?? false;
  const isSame =
    isOwn && Buffer.from(bytes).equals(Buffer.from((await disk.read(join(dataDir, path)).catch(() => null)) ?? ''));
  return isSame ? { path, exists: true } : { path: cropFile(stem, newExampleId(), extension), exists: false };
}
