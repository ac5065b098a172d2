import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import {
  type AddedExample,
  changedDetails,
  type EmbeddedPerson,
  type Gallery,
  joinedDetails,
  type NewExample,
  NO_DETAILS,
  type Person,
  type PersonDetails,
  refuseMergingWithSelf,
  type Removal,
  type Said,
  saidOf,
  saysTheSame,
  type WholePerson,
} from '../gallery.js';
import { newExampleId } from '../files/whole-changes.js';
import { checkEmbedding, checkWholePerson } from '../person-rows.js';
import type { ChangeSession, Outcome } from './change-session.js';
import type { Database, Session } from './database.js';
import type { DistantSearch } from './distant-search.js';
import type { Follower } from './follower.js';
import { nobodyCalled, type Mirror } from './mirror.js';
import type { PeopleReader, StoredPerson } from './people-reader.js';
import type { PeopleWriter } from './people-writer.js';

export interface PgGalleryParts {
  readonly database: Database;
  readonly contract: EmbedderContract;
  readonly mirror: Mirror;
  readonly writer: PeopleWriter;
  readonly changes: ChangeSession;
  readonly follower: Follower;
  /** Reads people with their embeddings. */
  readonly reader: PeopleReader;
  /** Null where memory holds all embeddings. */
  readonly search: DistantSearch | null;
}

/** Nothing of the person is left in a file. */
const NO_FILES: Removal = { files: [], remaining: [] };

/**
 * The gallery in a PostgreSQL database that several servers share: memory answers and follows what the others change,
 * crops come from the database when they are asked for.
 */
export class PgGallery implements Gallery {
  private lastWrite: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** Made by `openPgGallery`. */
  constructor(private readonly parts: PgGalleryParts) {}

  get version(): number {
    return this.parts.mirror.version;
  }

  /** Whether the database is there, and what other servers change comes in. */
  get isConnected(): boolean {
    return this.parts.follower.isConnected;
  }

  people(): readonly Person[] {
    return this.parts.mirror.people();
  }

  person(name: string): Person {
    return this.parts.mirror.get(name).person;
  }

  /** Null where memory holds all embeddings, and whoever searches reads them there. */
  get search(): DistantSearch | null {
    return this.parts.search;
  }

  embedded(): readonly EmbeddedPerson[] {
    if (this.parts.search === null) return this.people() as readonly EmbeddedPerson[];
    throw new RostroError(
      'embeddings_in_database',
      'This needs the embeddings of everybody in memory, and with SEARCH=pgvector they stay in the database: run it with another SEARCH.',
    );
  }

  async embeddedPerson(name: string): Promise<EmbeddedPerson> {
    const { database, mirror, reader, search } = this.parts;
    const { key, person } = mirror.get(name);
    if (search === null) return person as EmbeddedPerson;
    const [stored] = await database.look((session) => reader.people(session, [key]));
    if ((stored as StoredPerson | undefined) === undefined) throw nobodyCalled(name);
    return stored.person as EmbeddedPerson;
  }

  async add(name: string, example: NewExample, said?: Said): Promise<AddedExample> {
    const [added] = await this.addAll(name, [example], said);
    return added;
  }

  addAll(name: string, given: readonly NewExample[], toSay: Said = {}): Promise<AddedExample[]> {
    const kept = given.map((example) => ({ ...example, embedding: example.embedding.slice() }));
    const { mirror, writer, contract } = this.parts;
    return this.change(async (session) => {
      for (const { embedding } of kept) checkEmbedding(embedding, contract.dimension);
      const said = saidOf(toSay, mirror.find(name)?.person ?? null);
      mirror.refuseTakenId(said.id, name);
      const before = await this.described(session, name, said);
      const addedAt = new Date().toISOString();
      const added = [];
      for (const example of kept) {
        added.push(await writer.addExample(session, before.key, { ...example, id: newExampleId(), addedAt }));
      }
      const examples = added.map(({ example }) => example);
      const person = { ...before.person, examples: [...before.person.examples, ...examples] };
      const after = { ...before, person, exampleKeys: [...before.exampleKeys, ...added.map(({ key }) => key)] };
      const result = examples.map((example) => ({ example, embeddingFile: DATABASE }));
      return { result, keys: [before.key], after: [after] };
    });
  }

  rename(from: string, to: string): Promise<Person> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      const before = mirror.get(from);
      if (from === to) return unchanged(before.person);
      if (mirror.find(to)) throw new RostroError('person_exists', `"${to}" is already enrolled.`);
      const person = { ...before.person, name: to };
      const changedAt = await writer.update(session, before.key, person);
      return changed({ ...before, person, changedAt });
    });
  }

  describe(name: string, said: Said): Promise<Person> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      const before = mirror.get(name);
      const details = saidOf(said, before.person);
      mirror.refuseTakenId(details.id, name);
      const described = changedDetails(before.person, details);
      if (saysTheSame(before.person, described)) return unchanged(before.person);
      const person = { ...before.person, ...described };
      const changedAt = await writer.update(session, before.key, person);
      return changed({ ...before, person, changedAt });
    });
  }

  merge(from: string, into: string): Promise<Person> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      refuseMergingWithSelf(from, into);
      const [gone, before] = [mirror.get(from), mirror.get(into)];
      const taken = new Set(before.person.examples.map(({ id }) => id));
      const moved = gone.person.examples.map((example) =>
        taken.has(example.id) ? { ...example, id: newExampleId() } : example,
      );
      const ids = moved.map(({ id }) => id);
      await writer.moveExamples(session, gone, before.key, ids);
      await writer.remove(session, gone.key);
      const examples = [...before.person.examples, ...moved];
      const person = { name: into, ...joinedDetails(gone.person, before.person), examples };
      const changedAt = await writer.update(session, before.key, person);
      const exampleKeys = [...before.exampleKeys, ...gone.exampleKeys];
      const after = { key: before.key, changedAt, person, exampleKeys };
      return { result: person, keys: [gone.key, before.key], after: [after] };
    });
  }

  put(whole: WholePerson): Promise<Person> {
    const { mirror, writer, contract } = this.parts;
    return this.change(async (session) => {
      checkWholePerson(whole, contract.dimension);
      mirror.refuseTakenId(whole.id, whole.name);
      const { key, changedAt } = await this.described(session, whole.name, { ...NO_DETAILS, ...whole });
      await writer.removeExamplesOf(session, key);
      const added = [];
      for (const example of whole.examples) {
        added.push(await writer.addExample(session, key, { ...example, embedding: example.embedding.slice() }));
      }
      const examples = added.map(({ example }) => example);
      const person = { name: whole.name, ...changedDetails(NO_DETAILS, whole), examples };
      return changed({ key, changedAt, person, exampleKeys: added.map((one) => one.key) });
    });
  }

  removePerson(name: string): Promise<Removal> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      const { key } = mirror.get(name);
      await writer.remove(session, key);
      return { result: NO_FILES, keys: [key], after: [] };
    });
  }

  removeExample(name: string, exampleId: string): Promise<Removal> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      const place = mirror.placeOf(name, exampleId);
      const before = mirror.get(name);
      const isLast = before.exampleKeys.length === 1;
      if (isLast && !(await writer.hasFurther(session, before.key, before.exampleKeys))) {
        await writer.remove(session, before.key);
        return { result: NO_FILES, keys: [before.key], after: [] };
      }
      await writer.removeExample(session, before.exampleKeys[place]);
      if (isLast) return { result: NO_FILES, keys: [before.key], after: [] };
      const changedAt = await writer.update(session, before.key, before.person);
      const person = { ...before.person, examples: before.person.examples.filter((_, i) => i !== place) };
      const after = { ...before, changedAt, person, exampleKeys: before.exampleKeys.filter((_, i) => i !== place) };
      return { result: NO_FILES, keys: [before.key], after: [after] };
    });
  }

  async crop(name: string, exampleId: string): Promise<Uint8Array> {
    const { mirror, writer, database } = this.parts;
    const place = mirror.placeOf(name, exampleId);
    const crop = await writer.crop(database, mirror.get(name).exampleKeys[place]);
    if (!crop) throw new RostroError('example_not_found', `No photo was kept of this example of "${name}".`);
    return crop;
  }

  writtenAt(name: string): Promise<Date> {
    return Promise.resolve(new Date(this.parts.mirror.get(name).changedAt));
  }

  /** Whether the database takes changes. */
  async isWritable(): Promise<boolean> {
    try {
      const [row] = await this.parts.database.query(
        `SELECT current_setting('transaction_read_only') = 'off' AS writable`,
      );
      return row.writable === true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.lastWrite;
    await this.parts.follower.close();
  }

  /** Whoever is there, with what is said of them now; somebody new where there is nobody. */
  private async described(session: Session, name: string, said: Partial<PersonDetails>): Promise<StoredPerson> {
    const { mirror, writer } = this.parts;
    const before = mirror.find(name);
    const details = changedDetails(before?.person ?? NO_DETAILS, said);
    if (!before) {
      const { key, changed_at: changedAt } = await writer.insert(session, name, details);
      return { key, changedAt, person: { name, ...details, examples: [] }, exampleKeys: [] };
    }
    const person = { ...before.person, ...details };
    const changedAt = await writer.update(session, before.key, person);
    return { ...before, person, changedAt };
  }

  /** One change after the other, so that they do not take each other's connections; a failed one does not hold up the next. */
  private change<T>(work: (session: Session) => Promise<Outcome<T>>): Promise<T> {
    if (this.closed) return Promise.reject(stopping());
    const result = this.lastWrite.then(() => this.parts.changes.carryOut(work));
    this.lastWrite = result.catch(() => undefined);
    return result;
  }
}

/** Where the embeddings lie, for whoever asks for a file. */
const DATABASE = 'postgres';

function changed(after: StoredPerson): Outcome<Person> {
  return { result: after.person, keys: [after.key], after: [after] };
}

function unchanged(person: Person): Outcome<Person> {
  return { result: person, keys: [], after: [] };
}

function stopping(): RostroError {
  return new RostroError('storage_failed', 'The gallery is closed: the server is stopping.');
}
