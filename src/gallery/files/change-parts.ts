import { writeFloatMatrix } from '../../shared/npy.js';
import type { EmbeddedPerson } from '../gallery.js';
import { sha256 } from './journal.js';
import type { Change, Journal, TextFile, Tidy } from './journal.js';
import { embeddingFile, sidecarFile } from './layout.js';
import { entriesOf } from '../person-rows.js';
import { renderSidecar, type SidecarEntry } from './sidecar.js';

/** A person and the files that hold them. */
export interface PersonRecord {
  readonly stem: string;
  readonly person: EmbeddedPerson;
  /** Whether `embeddings/<stem>.json` is there; the original system wrote none. */
  readonly hasSidecar: boolean;
}

/** Of the embedder that made the rows. */
export interface RowsContract {
  readonly id: string;
  readonly name: string;
}

/** A step to a new state of one person; `after` null when they are gone. */
export interface PlannedChange<After extends PersonRecord | null> {
  readonly change: Change;
  readonly after: After;
}

/** A person's description as their record has it. @param besides entries of rows that are not theirs (any more) */
export function sidecarOf(
  { stem, person }: Omit<PersonRecord, 'hasSidecar'>,
  contract: RowsContract,
  besides: readonly SidecarEntry[] = [],
): TextFile {
  const { name, id, metadata, groups } = person;
  const examples = [...entriesOf(person.examples), ...besides];
  const embedder = { contract: contract.id, embedder: contract.name };
  const text = renderSidecar({ version: 2, name, id, metadata, groups: [...groups], ...embedder, examples });
  return { path: sidecarFile(stem), text };
}

/** What has to be on the disk again when the change did not happen. */
export function sidecarBefore(before: PersonRecord | null, contract: RowsContract): TextFile | null {
  return before?.hasSidecar ? sidecarOf(before, contract) : null;
}

/** The step that makes these rows the person's, and how to see that it happened. */
export function commitOf({ stem, person }: Omit<PersonRecord, 'hasSidecar'>): {
  readonly commit: Change['commit'];
  readonly doneWhen: Journal['doneWhen'];
} {
  const path = embeddingFile(stem);
  const bytes = rowsOf(person);
  return { commit: { action: 'replace', path, bytes }, doneWhen: { path, sha256: sha256(bytes) } };
}

/** A change with nothing to write before the commit, and so nothing left over when it did not happen. */
export function inPlace(commit: Change['commit'], doneWhen: Journal['doneWhen'], done: Tidy): Change {
  const nothing = { remove: [], sidecar: null };
  return { sidecar: null, newFiles: [], duplicates: [], commit, journal: journalOf(doneWhen, done, nothing) };
}

export function journalOf(doneWhen: Journal['doneWhen'], done: Tidy, undone: Tidy): Journal {
  return { version: 1, doneWhen, done, undone };
}

/** A person's crops and sidecar: everything but the `.npy` file. */
export function filesBesides({ stem, person }: Omit<PersonRecord, 'hasSidecar'>): string[] {
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
