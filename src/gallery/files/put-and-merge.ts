import { join, posix } from 'node:path';
import { type EmbeddedExample, type EmbeddedPerson, type FullExample, mergeDetails, movedExample } from '../gallery.js';
import { type FullNegative, type Negative, negativesAfterMerge } from '../negatives.js';
import { entriesOf, newExampleId, withFreeIds } from '../person-rows.js';
import {
  commitOf,
  type ContractRef,
  cropsAndSidecar,
  cropsOf,
  journalOf,
  movedTo,
  type PersonRecord,
  type PlannedChange,
  rowsOf,
  sidecarBefore,
  sidecarOf,
} from './change-parts.js';
import type { Disk } from './disk.js';
import type { Change, Cleanup } from './journal.js';
import { cropFile, embeddingFile, negativeCropFile, sidecarFile } from './layout.js';
import type { SidecarEntry } from './sidecar.js';

/**
 * Adds the examples of `from` to `into`. Writing the rows of `into` is the commit; then the files of `from` are
 * deleted.
 */
export function planMerge(from: PersonRecord, into: PersonRecord, contract: ContractRef): PlannedChange<PersonRecord> {
  const renamed = withFreeIds(from.person, into.person);
  const left = negativesAfterMerge(renamed, into.person);
  const { moved, duplicates } = movedTo(into.stem, { ...renamed, negatives: left.from });
  const examples = [...into.person.examples, ...moved.examples];
  const negatives = [...left.into, ...moved.negatives!];
  const details = mergeDetails(from.person, into.person);
  const merged = { name: into.person.name, ...details, examples, ...(negatives.length > 0 && { negatives }) };
  const after = { stem: into.stem, person: merged, hasSidecar: true };
  const { commit, doneWhen } = commitOf(after);
  const sidecar = sidecarOf(after, contract);
  const kept = new Set(cropsOf(merged));
  const dropped = cropsOf(into.person).filter((crop) => !kept.has(crop));
  const done = { remove: [embeddingFile(from.stem), ...cropsAndSidecar(from), ...dropped], sidecar };
  const copies = duplicates.map(({ to }) => to);
  const undone = undo(into, copies, into.stem, contract);
  const change: Change = { sidecar, newFiles: [], duplicates, commit, journal: journalOf(doneWhen, done, undone) };
  return { change, after };
}

/**
 * Moves an example. Writing the rows of `to` is the commit; then `from` loses the row and the crop.
 * @param otherFiles the example's shadow rows
 */
export function planMove(
  { from, to, exampleId }: { readonly from: PersonRecord; readonly to: PersonRecord; readonly exampleId: string },
  contract: ContractRef,
): PlannedChange<PersonRecord> & { readonly left: PersonRecord } {
  const example = from.person.examples.find(({ id }) => id === exampleId)!;
  const moved = movedExample(example, to.person, newExampleId);
  const crop = example.crop && cropFile(to.stem, moved.id, posix.extname(example.crop));
  const after = {
    stem: to.stem,
    hasSidecar: true,
    person: { ...to.person, examples: [...to.person.examples, { ...moved, crop }] },
  };
  const examples = from.person.examples.filter(({ id }) => id !== exampleId);
  const left = { stem: from.stem, person: { ...from.person, examples }, hasSidecar: true };
  const { commit, doneWhen } = commitOf(after);
  const rows = { path: embeddingFile(from.stem), base64: Buffer.from(rowsOf(left.person)).toString('base64') };
  const done = { remove: example.crop ? [example.crop] : [], sidecar: sidecarOf(left, contract), rows };
  const duplicates = example.crop && crop ? [{ from: example.crop, to: crop }] : [];
  const undone = undo(to, crop ? [crop] : [], to.stem, contract);
  const journal = journalOf(doneWhen, done, undone);
  return { change: { sidecar: sidecarOf(after, contract), newFiles: [], duplicates, commit, journal }, after, left };
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

/** As {@link placeCrops}, for negatives. */
export async function placeNegatives(
  given: readonly FullNegative[],
  { stem, before, disk, dataDir }: CropOptions,
): Promise<{ readonly negatives: readonly Negative[]; readonly newFiles: Change['newFiles'] }> {
  const negatives: Negative[] = [];
  const newFiles: { path: string; bytes: Uint8Array }[] = [];
  const own = new Set(before?.person.negatives?.map(({ crop }) => crop));
  for (const { crop: bytes, ...rest } of given) {
    const place = negativeCropFile(stem, rest.id);
    const isTaken = await disk.exists(join(dataDir, place));
    const isSame = isTaken && own.has(place) && bytes !== null && (await holds(disk, join(dataDir, place), bytes));
    const path = isTaken && !isSame ? negativeCropFile(stem, newExampleId()) : place;
    if (bytes && !isSame) newFiles.push({ path, bytes });
    negatives.push({ ...rest, crop: bytes && path });
  }
  return { negatives, newFiles };
}

async function holds(disk: Disk, path: string, bytes: Uint8Array): Promise<boolean> {
  return Buffer.from(bytes).equals(Buffer.from((await disk.read(path).catch(() => null)) ?? ''));
}

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
  const isSame = isOwn && (await holds(disk, join(dataDir, path), bytes));
  return isSame ? { path, exists: true } : { path: cropFile(stem, newExampleId(), extension), exists: false };
}
