import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { EmbedderContract } from '../embed/embedder.js';
import { RostroError } from '../errors.js';
import { ChangeWriter } from './change-writer.js';
import { ChangePlanner } from './changes.js';
import type { PersonRecord, PlannedChange } from './changes.js';
import type { Disk } from './disk.js';
import { storageFailed } from './errors.js';
import { markedStem, plainStem } from './file-stem.js';
import type { AddedExample, Example, Gallery, NewExample, Person, Removal } from './gallery.js';
import type { Change } from './journal.js';
import { embeddingFile, cropFile, sidecarFile, temporaryFile } from './layout.js';
import type { WritePermission } from './folder-lock.js';
import type { PeopleIndex } from './people-index.js';
import { Quarantine } from './quarantine.js';

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
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Made by `openNpyGallery`. */
  constructor(parts: NpyGalleryParts) {
    this.#parts = parts;
    this.#planner = new ChangePlanner(parts.contract);
  }

  get version(): number {
    return this.#parts.people.version;
  }

  people(): readonly Person[] {
    return this.#parts.people.people();
  }

  person(name: string): Person {
    return this.#parts.people.get(name).person;
  }

  add(name: string, { embedding, crop, details }: NewExample): Promise<AddedExample> {
    const kept = embedding.slice();
    return this.#inTurn(async () => {
      checkEmbedding(kept, this.#parts.contract.dimension);
      const before = this.#parts.people.find(name);
      const stem = before?.stem ?? (await this.#freeStem(name));
      const id = randomBytes(8).toString('hex');
      const addedAt = new Date().toISOString();
      const example: Example = { id, embedding: kept, crop: cropFile(stem, id), addedAt, details };
      await this.#carryOut(before, this.#planner.add(before, { stem, name }, example, crop));
      return { example, embeddingFile: embeddingFile(stem) };
    });
  }

  rename(from: string, to: string): Promise<Person> {
    return this.#inTurn(async () => {
      const before = this.#parts.people.get(from);
      if (from === to) return before.person;
      if (this.#parts.people.find(to)) throw new RostroError('person_exists', `"${to}" is already enrolled.`);
      const planned = this.#planner.rename(before, await this.#freeStem(to), to);
      await this.#carryOut(before, planned);
      return planned.after.person;
    });
  }

  removePerson(name: string): Promise<Removal> {
    return this.#inTurn(async () => {
      const before = this.#parts.people.get(name);
      const planned = await this.#plannedRemoval(before);
      await this.#carryOut(before, planned);
      return this.#removal(planned.change);
    });
  }

  removeExample(name: string, exampleId: string): Promise<Removal> {
    return this.#inTurn(async () => {
      const example = this.#parts.people.example(name, exampleId);
      const before = this.#parts.people.get(name);
      const isLast = before.person.examples.length === 1;
      const planned = isLast ? await this.#plannedRemoval(before) : this.#planner.removeExample(before, example);
      await this.#carryOut(before, planned);
      return this.#removal(planned.change);
    });
  }

  async crop(name: string, exampleId: string): Promise<Uint8Array> {
    const { crop } = this.#parts.people.example(name, exampleId);
    const bytes = crop && (await this.#parts.disk.read(this.#at(crop)).catch(unreadable));
    if (!bytes) throw new RostroError('example_not_found', `No photo was kept of this example of "${name}".`);
    return bytes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastWrite;
  }

  async #plannedRemoval(before: PersonRecord): Promise<PlannedChange<null>> {
    const { disk, dataDir } = this.#parts;
    return this.#planner.removePerson(before, await new Quarantine(disk, dataDir).filesOf(before.stem));
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

  async #removal({ commit, journal }: Change): Promise<Removal> {
    const files = [...(commit.action === 'remove' ? [commit.path] : []), ...journal.done.remove];
    const there = await Promise.all(files.map((file) => this.#parts.disk.exists(this.#at(file))));
    return { files: files.filter((_, i) => !there[i]), remaining: files.filter((_, i) => there[i]) };
  }

  #carryOut(before: PersonRecord | null, { change, after }: PlannedChange<PersonRecord | null>): Promise<void> {
    return this.#parts.writer.carryOut(change, () => {
      this.#parts.people.replace(before, after);
    });
  }

  /** A stem that neither a person nor a file of anyone else's has. */
  async #freeStem(name: string): Promise<string> {
    let stem = plainStem(name);
    for (let attempt = 0; await this.#isTaken(stem); attempt++) stem = markedStem(name, attempt);
    return stem;
  }

  async #isTaken(stem: string): Promise<boolean> {
    const { disk, people } = this.#parts;
    if (people.usesStem(stem)) return true;
    return (await disk.exists(this.#at(embeddingFile(stem)))) || (await disk.exists(this.#at(sidecarFile(stem))));
  }

  /** One write after the other; a failed one does not hold up the next. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    const settleAndWrite = async (): Promise<T> => {
      try {
        await this.#parts.permission.confirm();
        await this.#parts.writer.settle();
        return await write();
      } catch (error) {
        throw storageFailed('The gallery could not be written', error);
      }
    };
    const result = this.#lastWrite.then(settleAndWrite);
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }

  #at(path: string): string {
    return join(this.#parts.dataDir, path);
  }
}

function checkEmbedding(embedding: Float32Array, dimension: number): void {
  if (embedding.length !== dimension || !embedding.every(Number.isFinite)) {
    throw new Error(`an embedding has ${dimension} finite values`);
  }
}

function closed(): RostroError {
  return new RostroError('storage_failed', 'The gallery is closed: the server is stopping.');
}

function unreadable(error: unknown): never {
  throw storageFailed('The photo could not be read', error);
}
