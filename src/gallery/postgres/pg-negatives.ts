import type { EmbeddedExample, Removal } from '../gallery.js';
import {
  type Negative,
  negativeOf,
  negativesAfterMerge,
  type Negatives,
  type NewNegative,
  noCropOfNegative,
  refuseTooMany,
  withNegatives,
} from '../negatives.js';
import { checkEmbedding, newExampleId } from '../person-rows.js';
import type { Outcome } from './change-session.js';
import type { Database, Session } from './database.js';
import type { Mirror } from './mirror.js';
import type { NegativeRows } from './negative-rows.js';
import type { PeopleReader, StoredPerson } from './people-reader.js';

export interface PgNegativesParts {
  readonly database: Database;
  readonly contract: { readonly dimension: number };
  readonly mirror: Mirror;
  readonly rows: NegativeRows;
  /** Reads the embeddings of examples; null where memory holds them. */
  readonly reader: PeopleReader | null;
  readonly change: <T>(work: (session: Session) => Promise<Outcome<T>>) => Promise<T>;
}

/** Negatives in the database. Memory has their embeddings, also with `SEARCH=pgvector`. */
export class PgNegatives implements Negatives {
  constructor(private readonly parts: PgNegativesParts) {}

  add(name: string, { embedding, ...given }: NewNegative): Promise<Negative> {
    const { mirror, rows, contract, change } = this.parts;
    const own = embedding.slice();
    return change(async (session) => {
      checkEmbedding(own, contract.dimension);
      const before = mirror.get(name);
      refuseTooMany(before.person);
      const addedAt = new Date().toISOString();
      const full = { ...given, id: newExampleId(), addedAt, embedding: own };
      const negative = await rows.insert(session, before.key, full);
      return { result: negative, ...changed(before, [...(before.person.negatives ?? []), negative]) };
    });
  }

  embed(name: string, id: string, embedding: Float32Array): Promise<void> {
    const { mirror, rows, contract, change } = this.parts;
    const own = embedding.slice();
    return change(async (session) => {
      checkEmbedding(own, contract.dimension);
      const before = mirror.get(name);
      const known = negativeOf(before.person, id);
      await rows.embed(session, before.key, id, own);
      const negatives = before.person.negatives!.map((one) => (one === known ? { ...one, embedding: own } : one));
      return { result: undefined, ...changed(before, negatives) };
    });
  }

  remove(name: string, id: string): Promise<Removal> {
    const { mirror, rows, change } = this.parts;
    return change(async (session) => {
      const before = mirror.get(name);
      negativeOf(before.person, id);
      await rows.remove(session, before.key, id);
      const negatives = before.person.negatives!.filter((one) => one.id !== id);
      return { result: { files: [], remaining: [] }, ...changed(before, negatives) };
    });
  }

  async crop(name: string, id: string): Promise<Uint8Array> {
    const { mirror, rows, database } = this.parts;
    const { key, person } = mirror.get(name);
    negativeOf(person, id);
    const crop = await rows.crop(database, key, id);
    if (!crop) throw noCropOfNegative(person);
    return crop;
  }

  /**
   * In a merge, moves the negatives of `source` that stay, and removes the others.
   * @param renamed those of `source`, in their order, with their new ids
   * @returns those of the merged person
   */
  async merge(
    session: Session,
    source: StoredPerson,
    into: StoredPerson,
    renamed: readonly Negative[] = [],
  ): Promise<readonly Negative[]> {
    const { rows } = this.parts;
    const own = into.person.negatives ?? [];
    if (renamed.length + own.length === 0) return [];
    const [moving, staying] = await this.examplesOf(session, [source, into]);
    const left = negativesAfterMerge({ examples: moving, negatives: renamed }, { examples: staying, negatives: own });
    for (const { id } of own.filter((one) => !left.into.includes(one))) await rows.remove(session, into.key, id);
    for (const [i, negative] of renamed.entries()) {
      const { id } = source.person.negatives![i];
      if (left.from.includes(negative)) await rows.move(session, source.key, id, { person: into.key, negative });
    }
    return [...left.into, ...left.from];
  }

  private async examplesOf(session: Session, people: readonly StoredPerson[]): Promise<EmbeddedExample[][]> {
    const { reader } = this.parts;
    const keys = people.map(({ key }) => key);
    const stored = reader === null ? people : await reader.people(session, keys);
    const byKey = new Map(stored.map(({ key, person }) => [key, person.examples as EmbeddedExample[]]));
    return keys.map((key) => byKey.get(key) ?? []);
  }
}

function changed(before: StoredPerson, negatives: readonly Negative[]): Omit<Outcome<unknown>, 'result'> {
  return { keys: [before.key], after: [{ ...before, person: withNegatives(before.person, negatives) }] };
}
