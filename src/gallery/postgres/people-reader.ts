import type { EmbeddedExample, Example, JsonObject, Person } from '../gallery.js';
import type { Negative } from '../negatives.js';
import type { Session } from './database.js';
import { cropName, type ExampleColumns } from './example-columns.js';
import { NegativeRows } from './negative-rows.js';

/** A person with the keys of their database rows. */
export interface StoredPerson {
  readonly key: number;
  /** ISO 8601, UTC. */
  readonly changedAt: string;
  readonly person: Person;
  /** Keys of `person.examples`, in the same order. */
  readonly exampleKeys: readonly string[];
}

interface PersonRow extends Record<string, unknown> {
  readonly key: number;
  readonly name: string;
  readonly own_id: string | null;
  readonly metadata: JsonObject;
  readonly groups: string[];
  readonly further: Buffer | null;
  readonly changed_at: string;
}

interface ExampleRow extends Record<string, unknown> {
  readonly person: number;
  readonly key: string;
  readonly id: string;
  readonly added_at: string | null;
  readonly details: Buffer | null;
  readonly crop_extension: string | null;
  /** Null where it is not selected or does not exist. */
  readonly vector: Buffer | null;
}

/** People per query. */
const PAGE = 2000;

const PERSON = 'key, name, own_id, metadata, groups, further, changed_at';
const examplesWith = (vector: string, join: 'JOIN' | 'LEFT JOIN') => `
  SELECT e.person, e.key, e.id, e.added_at, e.details, e.crop_extension, ${vector} AS vector
  FROM rostro.examples e ${join} rostro.vectors v ON v.example = e.key AND v.contract = $1`;

/**
 * The examples to read: those with a vector of the contract, with or without reading the vector; or all of them.
 */
export type ExampleSelection = 'embedded' | 'embedded, without vectors' | 'all';

/** Reads people with the vectors of one embedder. People without a selected example are omitted. */
export class PeopleReader {
  private readonly examples: string;
  private readonly negatives: NegativeRows;

  constructor(
    private readonly columns: ExampleColumns,
    private readonly contract: string,
    which: ExampleSelection = 'embedded',
  ) {
    const vector = which === 'embedded, without vectors' ? 'NULL::bytea' : 'v.vector';
    this.examples = examplesWith(vector, which === 'all' ? 'LEFT JOIN' : 'JOIN');
    this.negatives = new NegativeRows(columns, contract);
  }

  /** @throws RostroError `gallery_corrupt`, `encryption_key_wrong`, and those of the database */
  async everyone(session: Session): Promise<StoredPerson[]> {
    const everyone: StoredPerson[] = [];
    let last = 0;
    for (;;) {
      const people = await session.query<PersonRow>(
        `SELECT ${PERSON} FROM rostro.people WHERE key > $1 ORDER BY key LIMIT ${PAGE}`,
        [last],
      );
      if (people.length === 0) return everyone;
      const from = people[0].key;
      last = people[people.length - 1].key;
      const examples = await session.query<ExampleRow>(
        `${this.examples} WHERE e.person BETWEEN $2 AND $3 ORDER BY e.person, e.place`,
        [this.contract, from, last],
      );
      const negatives = await this.negatives.of(session, { from, to: last });
      everyone.push(...this.put(people, examples, negatives));
    }
  }

  /** @returns the existing people among `keys`, in no order. @throws RostroError as {@link everyone} */
  async people(session: Session, keys: readonly number[]): Promise<StoredPerson[]> {
    if (keys.length === 0) return [];
    const people = await session.query<PersonRow>(`SELECT ${PERSON} FROM rostro.people WHERE key = ANY($1)`, [keys]);
    const examples = await session.query<ExampleRow>(
      `${this.examples} WHERE e.person = ANY($2) ORDER BY e.person, e.place`,
      [this.contract, keys],
    );
    return this.put(people, examples, await this.negatives.of(session, keys));
  }

  private put(
    people: readonly PersonRow[],
    rows: readonly ExampleRow[],
    negativesOf: ReadonlyMap<number, readonly Negative[]>,
  ): StoredPerson[] {
    const rowsOf = new Map<number, ExampleRow[]>();
    for (const row of rows) {
      const known = rowsOf.get(row.person);
      if (known) known.push(row);
      else rowsOf.set(row.person, [row]);
    }
    return people.flatMap(({ key, name, own_id, metadata, groups, further, changed_at }) => {
      const own = rowsOf.get(key);
      if (!own) return [];
      const examples = own.map((row) => this.example(row));
      const negatives = negativesOf.get(key);
      const details = { id: own_id, metadata, groups, ...this.columns.openFurther(further, key) };
      const person = { name, ...details, examples, ...(negatives && { negatives }) };
      return [{ key, changedAt: changed_at, person, exampleKeys: own.map((row) => row.key) }];
    });
  }

  private example({ key, id, added_at, details, crop_extension, vector }: ExampleRow): Example | EmbeddedExample {
    const example = {
      id,
      crop: cropName(key, crop_extension),
      addedAt: added_at,
      details: this.columns.openDetails(details, key),
    };
    return vector === null ? example : { ...example, embedding: this.columns.openVector(vector, key) };
  }
}
