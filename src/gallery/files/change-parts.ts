import { writeFloatMatrix } from '../../shared/npy.js';
import type { EmbeddedPerson } from '../gallery.js';
import { entriesOf } from '../person-rows.js';
import { type Change, type Cleanup, type Journal, sha256, type TextFile } from './journal.js';
import { embeddingFile, sidecarFile } from './layout.js';
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
  const { name, id, metadata, groups } = person;
  const examples = [...entriesOf(person.examples), ...extraEntries];
  const embedder = { contract: contract.id, embedder: contract.name };
  const text = renderSidecar({ version: 2, name, id, metadata, groups: [...groups], ...embedder, examples });
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

export function cropsOf({ examples }: EmbeddedPerson): string[] {
  return examples.flatMap(({ crop }) => (crop ? [crop] : []));
}

function rowsOf({ examples }: EmbeddedPerson): Uint8Array {
  const dimension = examples[0].embedding.length;
  const data = new Float32Array(examples.length * dimension);
  examples.forEach(({ embedding }, i) => data.set(embedding, i * dimension));
  return writeFloatMatrix(data, examples.length, dimension);
}
