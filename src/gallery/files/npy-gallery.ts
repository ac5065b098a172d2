import { join } from 'node:path';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { ChangeWriter } from './change-writer.js';
import type { PersonRecord, PlannedChange } from './change-parts.js';
import { filesBesideOf } from '../reembed/files-beside.js';
import { ChangePlanner, laidOut } from './changes.js';
import type { Disk } from './disk.js';
import {
  type AddedExample,
  changedDetails,
  type EmbeddedExample,
  type EmbeddedPerson,
  type Gallery,
  type NewExample,
  NO_DETAILS,
  refuseMergingWithSelf,
  type Removal,
  type Said,
  saidOf,
  saysTheSame,
  storageFailed,
  type WholePerson,
} from '../gallery.js';
import type { WritePermission } from './folder-lock.js';
import { freeStem, type PeopleIndex } from './people-index.js';
import { embeddingFile, cropFile, temporaryFile } from './layout.js';
import { Quarantine } from './quarantine.js';
import { checkEmbedding, checkWholePerson } from '../person-rows.js';
import { newExampleId, planMerge, planPut } from './whole-changes.js';
import { WriteTurns } from './write-turns.js';

export interface NpyGalleryParts {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly contract: EmbedderContract;
  readonly people: PeopleIndex;
  readonly writer: ChangeWriter;
  readonly permission: WritePermission;
}

/** The gallery in files: memory answers, `.npy` files and their sidecars keep. One process at a time may own the folder. */
export class NpyGallery implements Gallery {
  readonly #parts: NpyGalleryParts;
  readonly #planner: ChangePlanner;
  readonly #turns: WriteTurns;

  /** Made by `openNpyGallery`. */
  constructor(parts: NpyGalleryParts) {
    this.#parts = parts;
    this.#planner = new ChangePlanner(parts.contract);
    this.#turns = new WriteTurns(parts.permission, parts.writer);
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

  embedded(): readonly EmbeddedPerson[] {
    return this.people();
  }

  embeddedPerson(name: string): Promise<EmbeddedPerson> {
    return Promise.resolve().then(() => this.person(name));
  }

  async add(name: string, example: NewExample, said?: Said): Promise<AddedExample> {
    const [added] = await this.addAll(name, [example], said);
    return added;
  }

  addAll(name: string, given: readonly NewExample[], toSay: Said = {}): Promise<AddedExample[]> {
    const kept = given.map(({ embedding }) => embedding.slice());
    return this.#turns.inTurn(async () => {
      const { people, contract } = this.#parts;
      for (const embedding of kept) checkEmbedding(embedding, contract.dimension);
      const before = people.find(name);
      const said = saidOf(toSay, before?.person ?? null);
      people.refuseTakenId(said.id, name);
      const stem = before?.stem ?? (await this.#freeStem(name));
      const addedAt = new Date().toISOString();
      const additions = given.map(({ crop, details }, i) => {
        const id = newExampleId();
        const example: EmbeddedExample = { id, embedding: kept[i], crop: cropFile(stem, id), addedAt, details };
        return { example, crop };
      });
      await this.#carryOut(before, this.#planner.add(before, { stem, name }, { additions, said }));
      return additions.map(({ example }) => ({ example, embeddingFile: embeddingFile(stem) }));
    });
  }

  rename(from: string, to: string): Promise<EmbeddedPerson> {
    return this.#turns.inTurn(async () => {
      const before = this.#parts.people.get(from);
      if (from === to) return before.person;
      if (this.#parts.people.find(to)) throw new RostroError('person_exists', `"${to}" is already enrolled.`);
      const planned = this.#planner.rename(before, await this.#freeStem(to), to);
      await this.#carryOut(before, planned);
      return planned.after.person;
    });
  }

  describe(name: string, said: Said): Promise<EmbeddedPerson> {
    return this.#turns.inTurn(async () => {
      const before = this.#parts.people.get(name);
      const details = saidOf(said, before.person);
      this.#parts.people.refuseTakenId(details.id, name);
      const described = changedDetails(before.person, details);
      if (saysTheSame(before.person, described)) return before.person;
      const planned = this.#planner.describe(before, described);
      await this.#carryOut(before, planned);
      return planned.after.person;
    });
  }

  merge(from: string, into: string): Promise<EmbeddedPerson> {
    return this.#turns.inTurn(async () => {
      refuseMergingWithSelf(from, into);
      const { people, contract, writer } = this.#parts;
      const [gone, before] = [people.get(from), people.get(into)];
      const { change, after } = planMerge(gone, before, contract);
      await writer.carryOut(change, () => {
        people.replace(gone, null);
        people.replace(before, after);
      });
      return after.person;
    });
  }

  put(whole: WholePerson): Promise<EmbeddedPerson> {
    return this.#turns.inTurn(async () => {
      const { people, contract, disk, dataDir } = this.#parts;
      checkWholePerson(whole, contract.dimension);
      people.refuseTakenId(whole.id, whole.name);
      const before = people.find(whole.name);
      const stem = before?.stem ?? (await this.#freeStem(whole.name));
      const { examples, newFiles } = await laidOut(whole.examples, { stem, before, disk, dataDir });
      const person = { name: whole.name, ...changedDetails(NO_DETAILS, whole), examples };
      const remove = before ? await this.#beside(before.person.examples) : [];
      const planned = planPut(before, { stem, person, newFiles, remove }, contract);
      await this.#carryOut(before, planned);
      return person;
    });
  }

  removePerson(name: string): Promise<Removal> {
    return this.#turns.inTurn(async () => {
      const before = this.#parts.people.get(name);
      return this.#remove(before, await this.#plannedRemoval(before));
    });
  }

  removeExample(name: string, exampleId: string): Promise<Removal> {
    return this.#turns.inTurn(async () => {
      const example = this.#parts.people.example(name, exampleId);
      const before = this.#parts.people.get(name);
      const isLast = before.person.examples.length === 1;
      const planned = isLast
        ? await this.#plannedRemoval(before)
        : this.#planner.removeExample(before, example, await this.#beside([example]));
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
    return this.#turns.close();
  }

  async #plannedRemoval(before: PersonRecord): Promise<PlannedChange<null>> {
    const { disk, dataDir } = this.#parts;
    const setAside = await new Quarantine(disk, dataDir).filesOf(before.stem);
    return this.#planner.removePerson(before, [...setAside, ...(await this.#beside(before.person.examples))]);
  }

  /** Files of other embedders' rows of these examples. */
  #beside(examples: readonly EmbeddedExample[]): Promise<string[]> {
    return filesBesideOf(this.#parts.disk, this.#parts.dataDir, examples);
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
    const held = await this.#there(named);
    await this.#carryOut(before, planned);
    const remaining = await this.#there(held);
    return { files: held.filter((file) => !remaining.includes(file)), remaining };
  }

  /** Those of the files that lie on the disk. */
  async #there(files: readonly string[]): Promise<string[]> {
    const there = await Promise.all(files.map((file) => this.#parts.disk.exists(this.#at(file))));
    return files.filter((_, i) => there[i]);
  }

  #carryOut(before: PersonRecord | null, { change, after }: PlannedChange<PersonRecord | null>): Promise<void> {
    return this.#parts.writer.carryOut(change, () => {
      this.#parts.people.replace(before, after);
    });
  }

  #freeStem(name: string): Promise<string> {
    const { disk, dataDir, people } = this.#parts;
    return freeStem(name, { disk, dataDir, people });
  }

  #at(path: string): string {
    return join(this.#parts.dataDir, path);
  }
}

function unreadable(error: unknown): never {
  throw storageFailed('The photo could not be read', error);
}
