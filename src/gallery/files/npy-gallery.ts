import { join } from 'node:path';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { storageFailed } from '../errors.js';
import {
  type AddedExample,
  checkMove,
  type EmbeddedExample,
  type EmbeddedPerson,
  type FullPerson,
  type Gallery,
  type NewExample,
  NO_DETAILS,
  patchDetails,
  type PersonPatch,
  refuseSelfMerge,
  type Removal,
  resolvePatch,
  sameDetails,
} from '../gallery.js';
import type { Negatives } from '../negatives.js';
import { checkEmbedding, checkFullPerson, newExampleId } from '../person-rows.js';
import { shadowFilesOf } from '../reembed/shadow-files.js';
import type { PersonRecord, PlannedChange } from './change-parts.js';
import { ChangePlanner } from './change-planner.js';
import { ChangeWriter, WriteQueue } from './change-writer.js';
import type { Disk } from './disk.js';
import type { WritePermission } from './folder-lock.js';
import { cropFile, embeddingFile, temporaryFile } from './layout.js';
import { freeStem, isSealedStem, type PeopleIndex } from './people-index.js';
import { placeCrops, placeNegatives, planMerge, planMove, planPut } from './put-and-merge.js';
import { NpyNegatives } from './npy-negatives.js';
import { Quarantine } from './quarantine.js';

export interface NpyGalleryParts {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly contract: EmbedderContract;
  readonly people: PeopleIndex;
  readonly writer: ChangeWriter;
  readonly permission: WritePermission;
  /** Whether file names are random, because the gallery is encrypted. */
  readonly sealsNames: boolean;
}

/**
 * The gallery in files: reads from memory, writes `.npy` files and sidecars. One process at a time may write the
 * folder.
 */
export class NpyGallery implements Gallery {
  readonly #parts: NpyGalleryParts;
  readonly #planner: ChangePlanner;
  readonly #writes: WriteQueue;
  readonly negatives: Negatives;

  /** Created by `openNpyGallery`. */
  constructor(parts: NpyGalleryParts) {
    this.#parts = parts;
    this.#planner = new ChangePlanner(parts.contract);
    this.#writes = new WriteQueue(parts.permission, parts.writer);
    this.negatives = new NpyNegatives({
      ...parts,
      planner: this.#planner,
      writes: this.#writes,
      remove: (before, planned) => this.#remove(before, planned),
    });
  }

  get version(): number {
    return this.#parts.people.version;
  }

  people(): readonly EmbeddedPerson[] {
    return this.#parts.people.people();
  }

  person(name: string): EmbeddedPerson {
    return this.#parts.people.get(name).person;
  }

  similarNames(name: string): readonly string[] {
    return this.#parts.people.similarTo(name);
  }

  embedded(): readonly EmbeddedPerson[] {
    return this.people();
  }

  embeddedPerson(name: string): Promise<EmbeddedPerson> {
    return Promise.resolve().then(() => this.person(name));
  }

  async add(name: string, example: NewExample, patch?: PersonPatch): Promise<AddedExample> {
    return (await this.addAll(name, [example], patch))[0];
  }

  addAll(name: string, newExamples: readonly NewExample[], given: PersonPatch = {}): Promise<AddedExample[]> {
    const embeddings = newExamples.map(({ embedding }) => embedding.slice());
    return this.#writes.run(async () => {
      const { people, contract } = this.#parts;
      for (const embedding of embeddings) checkEmbedding(embedding, contract.dimension);
      const before = people.find(name);
      const patch = resolvePatch(given, before?.person ?? null);
      people.refuseTakenId(patch.id, name);
      const stem = before?.stem ?? (await this.#freeStem(name));
      const addedAt = new Date().toISOString();
      const additions = newExamples.map(({ crop, details }, i) => {
        const id = newExampleId();
        const example: EmbeddedExample = { id, embedding: embeddings[i], crop: cropFile(stem, id), addedAt, details };
        return { example, crop };
      });
      await this.#execute(before, this.#planner.add(before, { stem, name }, { additions, patch }));
      return additions.map(({ example }) => ({ example, embeddingFile: embeddingFile(stem) }));
    });
  }

  rename(from: string, to: string): Promise<EmbeddedPerson> {
    return this.#writes.run(async () => {
      const before = this.#parts.people.get(from);
      if (from === to) return before.person;
      if (this.#parts.people.find(to)) throw new RostroError('person_exists', `"${to}" is already enrolled.`);
      const planned = this.#planner.rename(before, await this.#freeStem(to), to);
      await this.#execute(before, planned);
      return planned.after.person;
    });
  }

  /**
   * Gives people random file names in an encrypted gallery, and names in the file names of a plain one. Leaves people with a
   * damaged photo, and all others when the disk is full, as they are.
   * @returns the number of people whose files were renamed
   */
  async fitFileNames(): Promise<number> {
    const { people, sealsNames } = this.#parts;
    let renamed = 0;
    for (const before of people.records().filter(({ stem }) => isSealedStem(stem) !== sealsNames)) {
      const { name } = before.person;
      const rename = async () => this.#execute(before, this.#planner.rename(before, await this.#freeStem(name), name));
      try {
        await this.#writes.run(rename);
        renamed += 1;
      } catch (error) {
        if (!(error instanceof RostroError)) throw error;
        if (error.code === 'storage_failed') break;
      }
    }
    return renamed;
  }

  describe(name: string, patch: PersonPatch): Promise<EmbeddedPerson> {
    return this.#writes.run(async () => {
      const before = this.#parts.people.get(name);
      const details = resolvePatch(patch, before.person);
      this.#parts.people.refuseTakenId(details.id, name);
      const described = patchDetails(before.person, details);
      if (sameDetails(before.person, described)) return before.person;
      const planned = this.#planner.describe(before, described);
      await this.#execute(before, planned);
      return planned.after.person;
    });
  }

  merge(from: string, into: string): Promise<EmbeddedPerson> {
    return this.#writes.run(async () => {
      refuseSelfMerge(from, into);
      const { people, contract, writer } = this.#parts;
      const [source, before] = [people.get(from), people.get(into)];
      const { change, after } = planMerge(source, before, contract);
      await writer.execute(change, () => {
        people.replace(source, null);
        people.replace(before, after);
      });
      return after.person;
    });
  }

  moveExample(name: string, exampleId: string, to: string): Promise<EmbeddedPerson> {
    return this.#writes.run(async () => {
      const { people, contract, writer } = this.#parts;
      const [from, before] = [people.get(name), people.get(to)];
      checkMove(from.person, exampleId, before.person.name);
      const { change, after, left } = planMove({ from, to: before, exampleId }, contract);
      await writer.execute(change, () => {
        people.replace(from, left);
        people.replace(before, after);
      });
      return after.person;
    });
  }

  put(full: FullPerson): Promise<EmbeddedPerson> {
    return this.#writes.run(async () => {
      const { people, contract, disk, dataDir } = this.#parts;
      checkFullPerson(full, contract.dimension);
      people.refuseTakenId(full.id, full.name);
      const before = people.find(full.name);
      const stem = before?.stem ?? (await this.#freeStem(full.name));
      const options = { stem, before, disk, dataDir };
      const { examples, newFiles } = await placeCrops(full.examples, options);
      const placed = await placeNegatives(full.negatives ?? [], options);
      const { negatives } = placed;
      const given = { ...patchDetails(NO_DETAILS, full), examples, ...(negatives.length > 0 && { negatives }) };
      const person = { name: full.name, ...given };
      const remove = before ? await this.#shadowFiles(before.person.examples) : [];
      const planned = planPut(before, { stem, person, newFiles: [...newFiles, ...placed.newFiles], remove }, contract);
      await this.#execute(before, planned);
      return person;
    });
  }

  removePerson(name: string): Promise<Removal> {
    return this.#writes.run(async () => {
      const before = this.#parts.people.get(name);
      return this.#remove(before, await this.#plannedRemoval(before));
    });
  }

  removeExample(name: string, exampleId: string): Promise<Removal> {
    return this.#writes.run(async () => {
      const example = this.#parts.people.example(name, exampleId);
      const before = this.#parts.people.get(name);
      const isLast = before.person.examples.length === 1;
      const planned = isLast
        ? await this.#plannedRemoval(before)
        : this.#planner.removeExample(before, example, await this.#shadowFiles([example]));
      return this.#remove(before, planned);
    });
  }

  async crop(name: string, exampleId: string): Promise<Uint8Array> {
    const { crop } = this.#parts.people.example(name, exampleId);
    const bytes = crop && (await this.#parts.disk.read(this.#at(crop)).catch(unreadable));
    if (!bytes) throw new RostroError('example_not_found', `No photo was kept of this example of "${name}".`);
    return bytes;
  }

  close(): Promise<void> {
    return this.#writes.close();
  }

  async #plannedRemoval(before: PersonRecord): Promise<PlannedChange<null>> {
    const { disk, dataDir } = this.#parts;
    const quarantined = await new Quarantine(disk, dataDir).filesOf(before.stem, before.person.name);
    return this.#planner.removePerson(before, [...quarantined, ...(await this.#shadowFiles(before.person.examples))]);
  }

  #shadowFiles(examples: readonly EmbeddedExample[]): Promise<string[]> {
    return shadowFilesOf(this.#parts.disk, this.#parts.dataDir, examples);
  }

  embeddingFileOf(name: string): string {
    return embeddingFile(this.#parts.people.get(name).stem);
  }

  writtenAt(name: string): Promise<Date> {
    const { stem } = this.#parts.people.get(name);
    return this.#parts.disk.modifiedAt(this.#at(embeddingFile(stem))).catch(unreadable);
  }

  async isWritable(): Promise<boolean> {
    const { disk, permission } = this.#parts;
    const probe = this.#at(temporaryFile());
    try {
      await permission.confirm();
      await disk.writeNew(probe, Buffer.from('Can the disk be written?'));
      return true;
    } catch {
      return false;
    } finally {
      await disk.remove(probe).catch(() => undefined);
    }
  }

  async #remove(before: PersonRecord, planned: PlannedChange<PersonRecord | null>): Promise<Removal> {
    const { commit, journal } = planned.change;
    const named = [...(commit.action === 'remove' ? [commit.path] : []), ...journal.done.remove];
    const existing = await this.#existing(named);
    await this.#execute(before, planned);
    const remaining = await this.#existing(existing);
    return { files: existing.filter((file) => !remaining.includes(file)), remaining };
  }

  async #existing(files: readonly string[]): Promise<string[]> {
    const exists = await Promise.all(files.map((file) => this.#parts.disk.exists(this.#at(file))));
    return files.filter((_, i) => exists[i]);
  }

  #execute(before: PersonRecord | null, { change, after }: PlannedChange<PersonRecord | null>): Promise<void> {
    return this.#parts.writer.execute(change, () => {
      this.#parts.people.replace(before, after);
    });
  }

  #freeStem(name: string): Promise<string> {
    return freeStem(name, this.#parts);
  }

  #at(path: string): string {
    return join(this.#parts.dataDir, path);
  }
}

function unreadable(error: unknown): never {
  throw storageFailed('The photo could not be read', error);
}
