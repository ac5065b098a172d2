import { join, posix } from 'node:path';
import { changedDetails, type EmbeddedExample, NO_DETAILS, type PersonDetails, type WholeExample } from '../gallery.js';
import {
  commitOf,
  filesBesides,
  inPlace,
  journalOf,
  type PersonRecord,
  type PlannedChange,
  type RowsContract,
  sidecarBefore,
  sidecarOf,
} from './change-parts.js';
import type { Disk } from './disk.js';
import { type Change, sha256 } from './journal.js';
import { cropFile, embeddingFile } from './layout.js';
import { newExampleId } from './whole-changes.js';

interface Addition {
  readonly example: EmbeddedExample;
  readonly crop: Uint8Array;
}

/** Plans what happens on the disk for each kind of change to one person; pure. */
export class ChangePlanner {
  constructor(private readonly contract: RowsContract) {}

  /**
   * @param before null with a person's first examples
   * @param said of the person with them
   */
  add(
    before: PersonRecord | null,
    { stem, name }: { stem: string; name: string },
    { additions, said }: { additions: readonly Addition[]; said: Partial<PersonDetails> },
  ): PlannedChange<PersonRecord> {
    const details = changedDetails(before?.person ?? NO_DETAILS, said);
    const examples = [...(before?.person.examples ?? []), ...additions.map(({ example }) => example)];
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
   * The rows are written anew under the new name, which is what counts, and the old file goes afterwards: a file that is
   * encrypted is bound to its name and cannot be moved.
   */
  rename(before: PersonRecord, stem: string, name: string): PlannedChange<PersonRecord> {
    const examples = before.person.examples.map((example) => ({
      ...example,
      crop: example.crop && cropFile(stem, example.id, posix.extname(example.crop)),
    }));
    const after = { stem, person: { ...before.person, name, examples }, hasSidecar: true };
    const { commit, doneWhen } = commitOf(after);
    const sidecar = sidecarOf(after, this.contract);
    const leftOver = [embeddingFile(before.stem), ...filesBesides(before)];
    const undone = { remove: filesBesides(after), sidecar: null };
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

  /** Only the description changes, and writing it is what counts. */
  describe(before: PersonRecord, details: PersonDetails): PlannedChange<PersonRecord> {
    const after = { ...before, person: { ...before.person, ...details }, hasSidecar: true };
    const { path, text } = sidecarOf(after, this.contract);
    const bytes = Buffer.from(text);
    const doneWhen = { path, sha256: sha256(bytes) };
    const change = inPlace({ action: 'replace', path, bytes }, doneWhen, { remove: [], sidecar: null });
    return { change, after };
  }

  /** @param elsewhere files of theirs in the quarantine and beside the gallery: they go, too */
  removePerson(before: PersonRecord, elsewhere: readonly string[]): PlannedChange<null> {
    const path = embeddingFile(before.stem);
    const done = { remove: [...filesBesides(before), ...elsewhere], sidecar: null };
    return { change: inPlace({ action: 'remove', path }, { path, sha256: null }, done), after: null };
  }

  /** Takes away one of several examples. @param elsewhere files of it beside the gallery */
  removeExample(
    before: PersonRecord,
    example: EmbeddedExample,
    elsewhere: readonly string[],
  ): PlannedChange<PersonRecord> {
    const examples = before.person.examples.filter(({ id }) => id !== example.id);
    return this.#otherRows(before, examples, [...(example.crop === null ? [] : [example.crop]), ...elsewhere]);
  }

  /** The same examples under new embeddings, in the order of the examples. */
  reembed(before: PersonRecord, embeddings: readonly Float32Array[]): PlannedChange<PersonRecord> {
    const examples = before.person.examples.map((example, i) => ({ ...example, embedding: embeddings[i] }));
    return this.#otherRows(before, examples, []);
  }

  #otherRows(
    before: PersonRecord,
    examples: readonly EmbeddedExample[],
    remove: readonly string[],
  ): PlannedChange<PersonRecord> {
    const after = { stem: before.stem, person: { ...before.person, examples }, hasSidecar: true };
    const { commit, doneWhen } = commitOf(after);
    const done = { remove: [...remove], sidecar: sidecarOf(after, this.contract) };
    return { change: inPlace(commit, doneWhen, done), after };
  }
}

export interface LayoutOptions {
  readonly stem: string;
  /** Who is there now. */
  readonly before: PersonRecord | null;
  readonly disk: Disk;
  readonly dataDir: string;
}

export interface LaidOut {
  readonly examples: readonly EmbeddedExample[];
  readonly newFiles: Change['newFiles'];
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Says where the crops of whole examples lie: where they lie already, or in a new file that is in nobody's way. */
export async function laidOut(whole: readonly WholeExample[], options: LayoutOptions): Promise<LaidOut> {
  const examples: EmbeddedExample[] = [];
  const newFiles: { path: string; bytes: Uint8Array }[] = [];
  for (const { crop: bytes, embedding, ...rest } of whole) {
    const place = bytes && (await placeOf(rest.id, bytes, options));
    if (bytes && place && !place.isThere) newFiles.push({ path: place.path, bytes });
    examples.push({ ...rest, embedding: embedding.slice(), crop: place && place.path });
  }
  return { examples, newFiles };
}

async function placeOf(
  id: string,
  bytes: Uint8Array,
  { stem, before, disk, dataDir }: LayoutOptions,
): Promise<{ path: string; isThere: boolean }> {
  const extension = PNG.equals(bytes.subarray(0, PNG.length)) ? '.png' : '.jpg';
  const path = cropFile(stem, id, extension);
  if (!(await disk.exists(join(dataDir, path)))) return { path, isThere: false };
  const isTheirs = before?.person.examples.some(({ crop }) => crop === path) ?? false;
  const isSame =
    isTheirs && Buffer.from(bytes).equals(Buffer.from((await disk.read(join(dataDir, path)).catch(() => null)) ?? ''));
  return isSame ? { path, isThere: true } : { path: cropFile(stem, newExampleId(), extension), isThere: false };
}
