import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { commitOf, cropsOf, filesBesides, journalOf, sidecarBefore, sidecarOf } from './change-parts.js';
import type { PersonRecord, PlannedChange, RowsContract } from './change-parts.js';
import { type EmbeddedExample, type EmbeddedPerson, joinedDetails } from '../gallery.js';
import type { Change, Tidy } from './journal.js';
import { cropFile, embeddingFile, sidecarFile } from './layout.js';
import { entriesOf } from '../person-rows.js';
import type { SidecarEntry } from './sidecar.js';

/** A name for an example or a crop that nothing has. */
export function newExampleId(): string {
  return randomBytes(8).toString('hex');
}

/** What `into` is with the examples of `from`: the rows written under `into` are what counts, then `from`'s files go. */
export function planMerge(from: PersonRecord, into: PersonRecord, contract: RowsContract): PlannedChange<PersonRecord> {
  const taken = new Set(into.person.examples.map(({ id }) => id));
  const moved = from.person.examples.map((example): EmbeddedExample => {
    const id = taken.has(example.id) ? newExampleId() : example.id;
    return { ...example, id, crop: example.crop && cropFile(into.stem, id, posix.extname(example.crop)) };
  });
  const examples = [...into.person.examples, ...moved];
  const details = joinedDetails(from.person, into.person);
  const after = { stem: into.stem, person: { name: into.person.name, ...details, examples }, hasSidecar: true };
  const { commit, doneWhen } = commitOf(after);
  const sidecar = sidecarOf(after, contract);
  const duplicates = from.person.examples.flatMap(({ crop }, i) => (crop ? [{ from: crop, to: moved[i].crop! }] : []));
  const done = { remove: [embeddingFile(from.stem), ...filesBesides(from)], sidecar };
  const copies = duplicates.map(({ to }) => to);
  const undone = undo(into, copies, into.stem, contract);
  const change: Change = { sidecar, newFiles: [], duplicates, commit, journal: journalOf(doneWhen, done, undone) };
  return { change, after };
}

export interface PutPlan {
  readonly stem: string;
  readonly person: EmbeddedPerson;
  /** The crops that are not there yet. */
  readonly newFiles: Change['newFiles'];
  /** Files that have no purpose any more, besides crops. */
  readonly remove: readonly string[];
}

/**
 * @param before who bears the name now, null for nobody; crops that `person` has, too, stay as they lie
 */
export function planPut(
  before: PersonRecord | null,
  { stem, person, newFiles, remove }: PutPlan,
  contract: RowsContract,
): PlannedChange<PersonRecord> {
  const after = { stem, person, hasSidecar: true };
  const { commit, doneWhen } = commitOf(after);
  const kept = new Set(cropsOf(person));
  const dropped = before ? cropsOf(before.person).filter((crop) => !kept.has(crop)) : [];
  const done = { remove: [...dropped, ...remove], sidecar: sidecarOf(after, contract) };
  const written = newFiles.map(({ path }) => path);
  const undone = undo(before, written, stem, contract);
  const change: Change = {
    sidecar: sidecarOf(after, contract, before ? entriesBesides(before.person, person) : []),
    newFiles,
    duplicates: [],
    commit,
    journal: journalOf(doneWhen, done, undone),
  };
  return { change, after };
}

/** Whoever looks before the rows have changed finds the old ones described, too. */
function entriesBesides(old: EmbeddedPerson, { examples }: EmbeddedPerson): SidecarEntry[] {
  const taken = new Set(examples.map(({ id }) => id));
  return entriesOf(old.examples).map((entry) => (taken.has(entry.id) ? { ...entry, id: newExampleId() } : entry));
}

function undo(before: PersonRecord | null, files: readonly string[], stem: string, contract: RowsContract): Tidy {
  const remove = [...files, ...(before?.hasSidecar ? [] : [sidecarFile(stem)])];
  return { remove, sidecar: sidecarBefore(before, contract) };
}
