import {
  type EmbeddedExample,
  type EmbeddedPerson,
  NO_DETAILS,
  patchDetails,
  type PersonDetails,
  sharedExamples,
} from '../gallery.js';
import {
  commitOf,
  commitOnly,
  type ContractRef,
  cropsAndSidecar,
  journalOf,
  movedTo,
  type PersonRecord,
  type PlannedChange,
  sidecarBefore,
  sidecarOf,
} from './change-parts.js';
import { type Change, sha256 } from './journal.js';
import { cropFile, embeddingFile } from './layout.js';
import { type Negative, withNegatives } from '../negatives.js';

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
    const after = { stem, person: { ...before?.person, name, ...details, examples }, hasSidecar: true };
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
    const { moved, duplicates } = movedTo(stem, before.person);
    const after = { stem, person: { ...before.person, name, ...moved }, hasSidecar: true };
    const { commit, doneWhen } = commitOf(after);
    const sidecar = sidecarOf(after, this.contract);
    const leftOver = [embeddingFile(before.stem), ...cropsAndSidecar(before)];
    const undone = { remove: cropsAndSidecar(after), sidecar: null };
    const change: Change = {
      sidecar,
      newFiles: [],
      duplicates,
      commit,
      journal: journalOf(doneWhen, { remove: leftOver, sidecar }, undone),
    };
    return { change, after };
  }

  /** Changes the sidecar only; writing it is the commit. */
  describe(before: PersonRecord, details: PersonDetails): PlannedChange<PersonRecord> {
    const examples = sharedExamples(before.person, details.groups);
    return this.#replaceSidecar(before, { ...before.person, ...details, examples });
  }

  /** As {@link describe}. @param newFiles crops of new negatives @param remove crops of removed ones */
  negatives(
    before: PersonRecord,
    negatives: readonly Negative[],
    { newFiles = [], remove = [] }: { newFiles?: Change['newFiles']; remove?: readonly string[] },
  ): PlannedChange<PersonRecord> {
    return this.#replaceSidecar(before, withNegatives(before.person, negatives), { newFiles, remove });
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

  /** Replaces the embeddings, given in the order of the examples; those of the negatives are computed later. */
  reembed(before: PersonRecord, embeddings: readonly Float32Array[]): PlannedChange<PersonRecord> {
    const examples = before.person.examples.map((example, i) => ({ ...example, embedding: embeddings[i] }));
    const negatives = before.person.negatives?.map((one) => ({ ...one, embedding: null }));
    const person = { ...before.person, ...(negatives && { negatives }) };
    return this.#replaceRows({ ...before, person }, examples, []);
  }

  #replaceSidecar(
    before: PersonRecord,
    person: EmbeddedPerson,
    { newFiles, remove }: { newFiles: Change['newFiles']; remove: readonly string[] } = { newFiles: [], remove: [] },
  ): PlannedChange<PersonRecord> {
    const after = { ...before, person, hasSidecar: true };
    const { path, text } = sidecarOf(after, this.contract);
    const bytes = Buffer.from(text);
    const undone = { remove: newFiles.map((file) => file.path), sidecar: null };
    const change: Change = {
      sidecar: null,
      newFiles,
      duplicates: [],
      commit: { action: 'replace', path, bytes },
      journal: journalOf({ path, sha256: sha256(bytes) }, { remove: [...remove], sidecar: null }, undone),
    };
    return { change, after };
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
