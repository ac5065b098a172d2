import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { SerialQueue } from '../../shared/queue.js';
import {
  type AddedExample,
  checkMove,
  type EmbeddedPerson,
  type FullPerson,
  type Gallery,
  mergeDetails,
  movedExample,
  type NewExample,
  NO_DETAILS,
  patchDetails,
  type Person,
  type PersonDetails,
  type PersonPatch,
  refuseSelfMerge,
  type Removal,
  resolvePatch,
  sameDetails,
  sharedExamples,
} from '../gallery.js';
import type { Negative } from '../negatives.js';
import { checkEmbedding, checkFullPerson, newExampleId, withFreeIds } from '../person-rows.js';
import type { ChangeSession, Outcome } from './change-session.js';
import type { DatabaseSearch } from './database-search.js';
import type { Database, Session } from './database.js';
import type { Follower } from './follower.js';
import { type Mirror, personNotFound } from './mirror.js';
import type { NegativeRows } from './negative-rows.js';
import type { PeopleReader, StoredPerson } from './people-reader.js';
import type { PeopleWriter } from './people-writer.js';
import { PgNegatives } from './pg-negatives.js';

export interface PgGalleryParts {
  readonly database: Database;
  readonly contract: EmbedderContract;
  readonly mirror: Mirror;
  readonly writer: PeopleWriter;
  readonly negativeRows: NegativeRows;
  readonly changes: ChangeSession;
  readonly follower: Follower;
  /** Reads people with their embeddings. */
  readonly reader: PeopleReader;
  /** Null where memory holds the embeddings. */
  readonly search: DatabaseSearch | null;
}

/** The database deletes rows, no files. */
const NO_FILES: Removal = { files: [], remaining: [] };

/**
 * The gallery in a PostgreSQL database that several servers share. Reads come from memory, which follows the changes
 * of the other servers; crops are read from the database.
 */
export class PgGallery implements Gallery {
  private readonly writes = new SerialQueue();
  private closed = false;
  readonly negatives: PgNegatives;

  /** Created by `openPgGallery`. */
  constructor(private readonly parts: PgGalleryParts) {
    const { negativeRows: rows, search, ...shared } = parts;
    const reader = search === null ? null : parts.reader;
    this.negatives = new PgNegatives({ ...shared, rows, reader, change: (work) => this.change(work) });
  }

  get version(): number {
    return this.parts.mirror.version;
  }

  /** Whether the database is reachable and changes of other servers arrive. */
  get isConnected(): boolean {
    return this.parts.follower.isConnected;
  }

  people(): readonly Person[] {
    return this.parts.mirror.people();
  }

  person(name: string): Person {
    return this.parts.mirror.get(name).person;
  }

  similarNames(name: string): readonly string[] {
    return this.parts.mirror.similarTo(name);
  }

  /** Null where memory holds the embeddings and the caller searches there. */
  get search(): DatabaseSearch | null {
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
    const [stored] = await database.snapshot((session) => reader.people(session, [key]));
    if ((stored as StoredPerson | undefined) === undefined) throw personNotFound(name);
    return stored.person as EmbeddedPerson;
  }

  async add(name: string, example: NewExample, patch?: PersonPatch): Promise<AddedExample> {
    const [added] = await this.addAll(name, [example], patch);
    return added;
  }

  addAll(name: string, given: readonly NewExample[], toApply: PersonPatch = {}): Promise<AddedExample[]> {
    const newExamples = given.map((example) => ({ ...example, embedding: example.embedding.slice() }));
    const { mirror, writer, contract } = this.parts;
    return this.change(async (session) => {
      for (const { embedding } of newExamples) checkEmbedding(embedding, contract.dimension);
      const patch = resolvePatch(toApply, mirror.find(name)?.person ?? null);
      mirror.refuseTakenId(patch.id, name);
      const before = await this.upsert(session, name, patch);
      const addedAt = new Date().toISOString();
      const added = [];
      for (const example of newExamples) {
        added.push(await writer.addExample(session, before.key, { ...example, id: newExampleId(), addedAt }));
      }
      const examples = added.map(({ example }) => example);
      const person = { ...before.person, examples: [...before.person.examples, ...examples] };
      const after = { ...before, person, exampleKeys: [...before.exampleKeys, ...added.map(({ key }) => key)] };
      const result = examples.map((example) => ({ example, embeddingFile: EMBEDDING_PLACE }));
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

  describe(name: string, patch: PersonPatch): Promise<Person> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      const before = mirror.get(name);
      const details = resolvePatch(patch, before.person);
      mirror.refuseTakenId(details.id, name);
      const described = patchDetails(before.person, details);
      if (sameDetails(before.person, described)) return unchanged(before.person);
      const examples = sharedExamples(before.person, described.groups);
      const person = { ...before.person, ...described, examples };
      await writer.updateExamples(session, before, examples);
      const changedAt = await writer.update(session, before.key, person);
      return changed({ ...before, person, changedAt });
    });
  }

  merge(from: string, into: string): Promise<Person> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      refuseSelfMerge(from, into);
      const [source, before] = [mirror.get(from), mirror.get(into)];
      const moved = withFreeIds(source.person, before.person);
      const ids = moved.examples.map(({ id }) => id);
      const negatives = await this.negatives.merge(session, source, before, moved.negatives);
      await writer.moveExamples(session, source, before.key, ids);
      await writer.moveSightings(session, source.key, before.key);
      await writer.remove(session, source.key);
      const examples = [...before.person.examples, ...moved.examples];
      const details = mergeDetails(source.person, before.person);
      const person = { name: into, ...details, examples, ...(negatives.length > 0 && { negatives }) };
      const changedAt = await writer.update(session, before.key, person);
      const exampleKeys = [...before.exampleKeys, ...source.exampleKeys];
      const after = { key: before.key, changedAt, person, exampleKeys };
      return { result: person, keys: [source.key, before.key], after: [after] };
    });
  }

  moveExample(name: string, exampleId: string, to: string): Promise<Person> {
    const { mirror, writer } = this.parts;
    return this.change(async (session) => {
      const [from, before] = [mirror.get(name), mirror.get(to)];
      checkMove(from.person, exampleId, before.person.name);
      const place = mirror.placeOf(name, exampleId);
      const key = from.exampleKeys[place];
      const moved = movedExample(from.person.examples[place], before.person, newExampleId);
      await writer.moveExample(session, key, before.key, moved);
      const others = <T>(all: readonly T[]) => all.filter((_, i) => i !== place);
      const left = { ...from.person, examples: others(from.person.examples) };
      const person = { ...before.person, examples: [...before.person.examples, moved] };
      const [leftAt, changedAt] = [
        await writer.update(session, from.key, left),
        await writer.update(session, before.key, person),
      ];
      const after = [
        { ...from, changedAt: leftAt, person: left, exampleKeys: others(from.exampleKeys) },
        { ...before, changedAt, person, exampleKeys: [...before.exampleKeys, key] },
      ];
      return { result: person, keys: [from.key, before.key], after };
    });
  }

  put(full: FullPerson): Promise<Person> {
    const { mirror, writer, contract, negativeRows } = this.parts;
    return this.change(async (session) => {
      checkFullPerson(full, contract.dimension);
      mirror.refuseTakenId(full.id, full.name);
      const { key, changedAt } = await this.upsert(session, full.name, replacing(full));
      await writer.removeExamplesOf(session, key);
      await negativeRows.removeOf(session, key);
      const added = [];
      for (const example of full.examples) {
        added.push(await writer.addExample(session, key, { ...example, embedding: example.embedding.slice() }));
      }
      const examples = added.map(({ example }) => example);
      const negatives: Negative[] = [];
      for (const one of full.negatives ?? []) negatives.push(await negativeRows.insert(session, key, one));
      const given = { ...patchDetails(NO_DETAILS, full), examples, ...(negatives.length > 0 && { negatives }) };
      const person = { name: full.name, ...given };
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
      if (isLast && !(await writer.hasOtherExamples(session, before.key, before.exampleKeys))) {
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

  embeddingFileOf(): string {
    return EMBEDDING_PLACE;
  }

  writtenAt(name: string): Promise<Date> {
    return Promise.resolve(new Date(this.parts.mirror.get(name).changedAt));
  }

  /** Whether the database accepts writes. */
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
    await this.writes.idle();
    await this.parts.follower.close();
  }

  /** Updates the details of the person, or inserts a new one without examples. */
  private async upsert(session: Session, name: string, patch: Partial<PersonDetails>): Promise<StoredPerson> {
    const { mirror, writer } = this.parts;
    const before = mirror.find(name);
    const details = patchDetails(before?.person ?? NO_DETAILS, patch);
    if (!before) {
      const { key, changed_at: changedAt } = await writer.insert(session, name, details);
      return { key, changedAt, person: { name, ...details, examples: [] }, exampleKeys: [] };
    }
    const examples = sharedExamples(before.person, details.groups);
    const person = { ...before.person, ...details, examples };
    await writer.updateExamples(session, before, examples);
    const changedAt = await writer.update(session, before.key, person);
    return { ...before, person, changedAt };
  }

  /** Changes of this server are serialised, so that waiting changes occupy no connections. */
  private change<T>(work: (session: Session) => Promise<Outcome<T>>): Promise<T> {
    if (this.closed) return Promise.reject(closed());
    return this.writes.run(() => this.parts.changes.execute(work));
  }
}

/** `embeddingFile` of examples in the database. */
const EMBEDDING_PLACE = 'postgres';

/** All details; those that are absent are removed. */
function replacing(full: PersonDetails): PersonDetails {
  const { consent = null, expires = null, cover = null } = full;
  return { ...patchDetails(NO_DETAILS, full), consent, expires, cover };
}

function changed(after: StoredPerson): Outcome<Person> {
  return { result: after.person, keys: [after.key], after: [after] };
}

function unchanged(person: Person): Outcome<Person> {
  return { result: person, keys: [], after: [] };
}

function closed(): RostroError {
  return new RostroError('storage_failed', 'The gallery is closed: the server is stopping.');
}
