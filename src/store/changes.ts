import { posix } from 'node:path';
import { writeFloatMatrix } from '../formats/npy.js';
import type { EmbedderContract } from '../embed/embedder.js';
import type { Example, Person } from './gallery.js';
import { sha256 } from './journal.js';
import type { Change, Journal, TextFile, Tidy } from './journal.js';
import { cropFile, embeddingFile, sidecarFile } from './layout.js';
import { entriesOf } from './person-rows.js';
import { renderSidecar } from './sidecar.js';

/** A person and the files that hold them. */
export interface PersonRecord {
  readonly stem: string;
  readonly person: Person;
  /** Whether `embeddings/<stem>.json` is there; the original system wrote none. */
  readonly hasSidecar: boolean;
}

/** A step to a new state of one person; `after` null when they are gone. */
export interface PlannedChange<After extends PersonRecord | null> {
  readonly change: Change;
  readonly after: After;
}

/** Plans what happens on the disk for each kind of change; pure. */
export class ChangePlanner {
  constructor(private readonly contract: EmbedderContract) {}

  /** @param before null with a person's first example */
  add(
    before: PersonRecord | null,
    { stem, name }: { stem: string; name: string },
    example: Example,
    crop: Uint8Array,
  ): PlannedChange<PersonRecord> {
    const person = { name, examples: [...(before?.person.examples ?? []), example] };
    const rows = rowsOf(person);
    const path = embeddingFile(stem);
    const sidecar = this.#sidecar(stem, person);
    const undone = {
      remove: [cropFile(stem, example.id), ...(before?.hasSidecar ? [] : [sidecar.path])],
      sidecar: before?.hasSidecar ? this.#sidecar(stem, before.person) : null,
    };
    const change: Change = {
      sidecar,
      newFiles: [{ path: cropFile(stem, example.id), bytes: crop }],
      duplicates: [],
      commit: { action: 'replace', path, bytes: rows },
      journal: journal({ path, sha256: sha256(rows) }, { remove: [], sidecar }, undone),
    };
    return { change, after: { stem, person, hasSidecar: true } };
  }

  /**
   * The rows are written anew under the new name, which is what counts, and the old file goes afterwards: a file that is
   * encrypted is bound to its name and cannot be moved.
   */
  rename(before: PersonRecord, stem: string, name: string): PlannedChange<PersonRecord> {
    const examples = before.person.examples.map((example) => ({
      ...example,
      crop: example.crop && cropFile(stem, example.id, posix.extname(example.crop)),
    }));
    const person = { name, examples };
    const sidecar = this.#sidecar(stem, person);
    const rows = rowsOf(person);
    const path = embeddingFile(stem);
    const leftOver = [embeddingFile(before.stem), ...filesBesides(before.stem, before.person)];
    const change: Change = {
      sidecar,
      newFiles: [],
      duplicates: before.person.examples.flatMap(({ crop }, i) =>
        crop ? [{ from: crop, to: examples[i].crop! }] : [],
      ),
      commit: { action: 'replace', path, bytes: rows },
      journal: journal(
        { path, sha256: sha256(rows) },
        { remove: leftOver, sidecar },
        { remove: filesBesides(stem, person), sidecar: null },
      ),
    };
    return { change, after: { stem, person, hasSidecar: true } };
  }

  /** @param setAside files of theirs that lie in the quarantine: they go, too */
  removePerson({ stem, person }: PersonRecord, setAside: readonly string[]): PlannedChange<null> {
    const path = embeddingFile(stem);
    const done = { remove: [...filesBesides(stem, person), ...setAside], sidecar: null };
    return { change: inPlace({ action: 'remove', path }, { path, sha256: null }, done), after: null };
  }

  /** Takes away one of several examples. */
  removeExample({ stem, person: before }: PersonRecord, example: Example): PlannedChange<PersonRecord> {
    const person = { name: before.name, examples: before.examples.filter(({ id }) => id !== example.id) };
    const rows = rowsOf(person);
    const path = embeddingFile(stem);
    const done = { remove: example.crop === null ? [] : [example.crop], sidecar: this.#sidecar(stem, person) };
    const change = inPlace({ action: 'replace', path, bytes: rows }, { path, sha256: sha256(rows) }, done);
    return { change, after: { stem, person, hasSidecar: true } };
  }

  /** The same examples under new embeddings, in the order of the examples. */
  reembed({ stem, person: before }: PersonRecord, embeddings: readonly Float32Array[]): PlannedChange<PersonRecord> {
    const examples = before.examples.map((example, i) => ({ ...example, embedding: embeddings[i] }));
    const person = { name: before.name, examples };
    const rows = rowsOf(person);
    const path = embeddingFile(stem);
    const done = { remove: [], sidecar: this.#sidecar(stem, person) };
    const change = inPlace({ action: 'replace', path, bytes: rows }, { path, sha256: sha256(rows) }, done);
    return { change, after: { stem, person, hasSidecar: true } };
  }

  #sidecar(stem: string, { name, examples }: Person): TextFile {
    const { id, name: embedder } = this.contract;
    const text = renderSidecar({ version: 1, name, contract: id, embedder, examples: entriesOf(examples) });
    return { path: sidecarFile(stem), text };
  }
}

/** A change with nothing to write before the commit, and so nothing left over when it did not happen. */
function inPlace(commit: Change['commit'], doneWhen: Journal['doneWhen'], done: Tidy): Change {
  const nothing = { remove: [], sidecar: null };
  return { sidecar: null, newFiles: [], duplicates: [], commit, journal: journal(doneWhen, done, nothing) };
}

function journal(doneWhen: Journal['doneWhen'], done: Tidy, undone: Tidy): Journal {
  return { version: 1, doneWhen, done, undone };
}

/** A person's crops and sidecar: everything but the `.npy` file. */
function filesBesides(stem: string, { examples }: Person): string[] {
  return [...examples.flatMap(({ crop }) => (crop ? [crop] : [])), sidecarFile(stem)];
}

function rowsOf({ examples }: Person): Uint8Array {
  const dimension = examples[0].embedding.length;
  const data = new Float32Array(examples.length * dimension);
  examples.forEach(({ embedding }, i) => data.set(embedding, i * dimension));
  return writeFloatMatrix(data, examples.length, dimension);
}
