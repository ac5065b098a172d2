import { posix } from 'node:path';
import { writeFloatMatrix } from '../../shared/npy.js';
import { type EmbeddedPerson, furtherDetails } from '../gallery.js';
import { entriesOf, negativeEntriesOf } from '../person-rows.js';
import { type Change, type Cleanup, type Journal, sha256, type TextFile } from './journal.js';
import { cropFile, embeddingFile, negativeCropFile, sidecarFile } from './layout.js';
import { renderSidecar, type SidecarEntry } from './sidecar.js';

/** A person with the stem of their files. */
export interface PersonRecord {
  readonly stem: string;
  readonly person: EmbeddedPerson;
  /** Whether `embeddings/<stem>.json` exists; the original system wrote none. */
  readonly hasSidecar: boolean;
}

/** The embedder that made the rows. */
export interface ContractRef {
  readonly id: string;
  readonly name: string;
}

/** A change and the resulting record; null for a removed person. */
export interface PlannedChange<After extends PersonRecord | null> {
  readonly change: Change;
  readonly after: After;
}

/** @param extraEntries entries of rows that the person no longer has */
export function sidecarOf(
  { stem, person }: Omit<PersonRecord, 'hasSidecar'>,
  contract: ContractRef,
  extraEntries: readonly SidecarEntry[] = [],
): TextFile {
  const { name, id, metadata, groups, negatives = [] } = person;
  const examples = [...entriesOf(person.examples), ...extraEntries];
  const embedder = { contract: contract.id, embedder: contract.name };
  const described = { name, id, metadata, groups: [...groups], ...furtherDetails(person), ...embedder, examples };
  const others = negatives.length > 0 && { negatives: negativeEntriesOf(negatives) };
  const text = renderSidecar({ version: 2, ...described, ...others });
  return { path: sidecarFile(stem), text };
}

/** The sidecar to restore when the change is undone. */
export function sidecarBefore(before: PersonRecord | null, contract: ContractRef): TextFile | null {
  return before?.hasSidecar ? sidecarOf(before, contract) : null;
}

/** The commit that writes the rows of a person, and the check for it. */
export function commitOf({ stem, person }: Omit<PersonRecord, 'hasSidecar'>): {
  readonly commit: Change['commit'];
  readonly doneWhen: Journal['doneWhen'];
} {
  const path = embeddingFile(stem);
  const bytes = rowsOf(person);
  return { commit: { action: 'replace', path, bytes }, doneWhen: { path, sha256: sha256(bytes) } };
}

/** A change that writes nothing before its commit and needs no cleanup when undone. */
export function commitOnly(commit: Change['commit'], doneWhen: Journal['doneWhen'], done: Cleanup): Change {
  const nothing = { remove: [], sidecar: null };
  return { sidecar: null, newFiles: [], duplicates: [], commit, journal: journalOf(doneWhen, done, nothing) };
}

export function journalOf(doneWhen: Journal['doneWhen'], done: Cleanup, undone: Cleanup): Journal {
  return { version: 1, doneWhen, done, undone };
}

/** All files of a person except the `.npy` file. */
export function cropsAndSidecar({ stem, person }: Omit<PersonRecord, 'hasSidecar'>): string[] {
  return [...cropsOf(person), sidecarFile(stem)];
}

/** Of examples and negatives. */
export function cropsOf({ examples, negatives = [] }: Pick<EmbeddedPerson, 'examples' | 'negatives'>): string[] {
  return [...examples, ...negatives].flatMap(({ crop }) => (crop ? [crop] : []));
}

type Photos = Pick<EmbeddedPerson, 'examples' | 'negatives'>;

/** The examples and negatives with their crops in the files of a stem, and the copies of files that this takes. */
export function movedTo(
  stem: string,
  before: Photos,
): { readonly moved: Photos; readonly duplicates: Change['duplicates'] } {
  const examples = before.examples.map((one) => ({
    ...one,
    crop: one.crop && cropFile(stem, one.id, posix.extname(one.crop)),
  }));
  const negatives = before.negatives?.map((one) => ({ ...one, crop: one.crop && negativeCropFile(stem, one.id) }));
  const moved = { examples, ...(negatives && { negatives }) };
  const to = cropsOf(moved);
  return { moved, duplicates: cropsOf(before).map((from, i) => ({ from, to: to[i] })) };
}

export function rowsOf({ examples }: EmbeddedPerson): Uint8Array {
  const dimension = examples[0].embedding.length;
  const data = new Float32Array(examples.length * dimension);
  examples.forEach(({ embedding }, i) => data.set(embedding, i * dimension));
  return writeFloatMatrix(data, examples.length, dimension);
}
