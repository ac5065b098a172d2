import { posix } from 'node:path';
import { type EmbeddedExample, NO_DETAILS, patchDetails, type PersonDetails, sharedExamples } from '../gallery.js';
import {
  commitOf,
  commitOnly,
  type ContractRef,
  cropsAndSidecar,
  journalOf,
  type PersonRecord,
  type PlannedChange,
  sidecarBefore,
  sidecarOf,
} from './change-parts.js';
import { type Change, sha256 } from './journal.js';
import { cropFile, embeddingFile } from './layout.js';

interface Addition {
  readonly example: EmbeddedExample;
  readonly crop: Uint8Array;
}

/** Computes the file operations of each kind of change to one person. Does no I/O. */
export class ChangePlanner {
  constructor(private readonly contract: ContractRef) {}

  /**
   * @param before null for a new person
   * @param patch details to change
   */
  add(
    before: PersonRecord | null,
    { stem, name }: { stem: string; name: string },
    { additions, patch }: { additions: readonly Addition[]; patch: Partial<PersonDetails> },
  ): PlannedChange<PersonRecord> {
    const details = patchDetails(before?.person ?? NO_DETAILS, patch);
    const known = before ? sharedExamples(before.person, details.groups) : [];
    const examples = [...known, ...additions.map(({ example }) => example)];
    const after = { stem, person: { name, ...details, examples }, hasSidecar: true };
    const { commit, doneWhen } = commitOf(after);
    const sidecar = sidecarOf(after, this.contract);
    const newFiles = additions.map(({ example, crop }) => ({ path: cropFile(stem, example.id), bytes: crop }));
    const undone = {
      remove: [...newFiles.map(({ path }) => path), ...(before?.hasSidecar ? [] : [sidecar.path])],
      sidecar: sidecarBefore(before, this.contract),
    };
    const change: Change = {
      sidecar,
      newFiles,
      duplicates: [],
      commit,
      journal: journalOf(doneWhen, { remove: [], sidecar }, undone),
    };
    return { change, after };
  }

  /**
   * Writes the rows to a new file and deletes the old one afterwards. Moving the file is not possible: an encrypted
   * file is bound to its name.
   */
  rename(before: PersonRecord, stem: string, name: string): PlannedChange<PersonRecord> {
    const examples = before.person.examples.map((example) => ({
      ...example,
      crop: example.crop && cropFile(stem, example.id, posix.extname(example.crop)),
    }));
    const after = { stem, person: { ...before.person, name, examples }, hasSidecar: true };
    const { commit, doneWhen } = commitOf(after);
    const sidecar = sidecarOf(after, this.contract);
    const leftOver = [embeddingFile(before.stem), ...cropsAndSidecar(before)];
    const undone = { remove: cropsAndSidecar(after), sidecar: null };
    const change: Change = {
      sidecar,
      newFiles: [],
      duplicates: before.person.examples.flatMap(({ crop }, i) =>
        crop ? [{ from: crop, to: examples[i].crop! }] : [],
      ),
      commit,
      journal: journalOf(doneWhen, { remove: leftOver, sidecar }, undone),
    };
    return { change, after };
  }

  /** Changes the sidecar only; writing it is the commit. */
  describe(before: PersonRecord, details: PersonDetails): PlannedChange<PersonRecord> {
    const examples = sharedExamples(before.person, details.groups);
    const after = { ...before, person: { ...before.person, ...details, examples }, hasSidecar: true };
    const { path, text } = sidecarOf(after, this.contract);
    const bytes = Buffer.from(text);
    const doneWhen = { path, sha256: sha256(bytes) };
    const change = commitOnly({ action: 'replace', path, bytes }, doneWhen, { remove: [], sidecar: null });
    return { change, after };
  }

  /** @param otherFiles the person's files in the quarantine and among the shadow rows */
  removePerson(before: PersonRecord, otherFiles: readonly string[]): PlannedChange<null> {
    const path = embeddingFile(before.stem);
    const done = { remove: [...cropsAndSidecar(before), ...otherFiles], sidecar: null };
    return { change: commitOnly({ action: 'remove', path }, { path, sha256: null }, done), after: null };
  }

  /** Removes one of several examples. @param otherFiles the example's shadow rows */
  removeExample(
    before: PersonRecord,
    example: EmbeddedExample,
    otherFiles: readonly string[],
  ): PlannedChange<PersonRecord> {
    const examples = before.person.examples.filter(({ id }) => id !== example.id);
    return this.#replaceRows(before, examples, [...(example.crop === null ? [] : [example.crop]), ...otherFiles]);
  }

  /** Replaces the embeddings, given in the order of the examples. */
  reembed(before: PersonRecord, embeddings: readonly Float32Array[]): PlannedChange<PersonRecord> {
    const examples = before.person.examples.map((example, i) => ({ ...example, embedding: embeddings[i] }));
    return this.#replaceRows(before, examples, []);
  }

  #replaceRows(
    before: PersonRecord,
    examples: readonly EmbeddedExample[],
    remove: readonly string[],
  ): PlannedChange<PersonRecord> {
    const after = { stem: before.stem, person: { ...before.person, examples }, hasSidecar: true };
    const { commit, doneWhen } = commitOf(after);
    const done = { remove: [...remove], sidecar: sidecarOf(after, this.contract) };
    return { change: commitOnly(commit, doneWhen, done), after };
  }
}
