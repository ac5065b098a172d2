import { randomUUID } from 'node:crypto';
import type { EmbeddedExample, Example, FullExample, Person, PersonDetails } from '../gallery.js';
import type { Session } from './database.js';
import { cropName, type ExampleColumns, extensionOf } from './example-columns.js';
import type { StoredPerson } from './people-reader.js';
import type { VectorIndex } from './vector-index.js';

/** Writes people and examples, in the transaction of a change. */
export class PeopleWriter {
  constructor(
    private readonly columns: ExampleColumns,
    private readonly contract: string,
    /** Null where memory holds the embeddings. */
    private readonly index: VectorIndex | null,
  ) {}

  /** @returns the key and time of the new row */
  async insert(session: Session, name: string, details: PersonDetails) {
    const { id, metadata, groups } = details;
    const [row] = await session.query<{ key: number; changed_at: string }>(
      `INSERT INTO rostro.people (name, own_id, metadata, groups) VALUES ($1, $2, $3, $4) RETURNING key, changed_at`,
      [name, id, JSON.stringify(metadata), groups],
    );
    const further = this.columns.sealFurther(details, row.key);
    if (further) await session.query('UPDATE rostro.people SET further = $2 WHERE key = $1', [row.key, further]);
    return row;
  }

  /** @returns the time of the change, ISO 8601, UTC */
  async update(session: Session, key: number, person: Omit<Person, 'examples'>): Promise<string> {
    const { name, id, metadata, groups } = person;
    const [row] = await session.query<{ changed_at: string }>(
      `UPDATE rostro.people SET name = $2, own_id = $3, metadata = $4, groups = $5, further = $6, changed_at = now()
       WHERE key = $1 RETURNING changed_at`,
      [key, name, id, JSON.stringify(metadata), groups, this.columns.sealFurther(person, key)],
    );
    return row.changed_at;
  }

  /** Writes the details of the examples that differ from those before. */
  async updateExamples(
    session: Session,
    { person, exampleKeys }: StoredPerson,
    examples: readonly Example[],
  ): Promise<void> {
    for (const [i, { details }] of examples.entries()) {
      if (details === person.examples[i].details) continue;
      const sealed = this.columns.sealDetails(details, exampleKeys[i]);
      await session.query('UPDATE rostro.examples SET details = $2 WHERE key = $1', [exampleKeys[i], sealed]);
    }
  }

  async remove(session: Session, key: number): Promise<void> {
    await session.query('DELETE FROM rostro.people WHERE key = $1', [key]);
  }

  async removeExample(session: Session, key: string): Promise<void> {
    await session.query('DELETE FROM rostro.examples WHERE key = $1', [key]);
  }

  /** Removes all examples, also those without a vector of this server's embedder. */
  async removeExamplesOf(session: Session, person: number): Promise<void> {
    await session.query('DELETE FROM rostro.examples WHERE person = $1', [person]);
  }

  /** Whether the person has other examples, visible only to servers with another embedder. */
  async hasOtherExamples(session: Session, person: number, known: readonly string[]): Promise<boolean> {
    const [{ some }] = await session.query(
      'SELECT EXISTS (SELECT FROM rostro.examples WHERE person = $1 AND key <> ALL ($2)) AS some',
      [person, known],
    );
    return some === true;
  }

  /** Appends an example. @returns its key, and the example as in memory */
  async addExample(
    session: Session,
    person: number,
    given: FullExample,
  ): Promise<{ key: string; example: Example | EmbeddedExample }> {
    const key = randomUUID();
    const { id, embedding, crop, details } = given;
    const addedAt = momentOf(given.addedAt);
    const extension = crop && extensionOf(crop);
    await session.query(
      `WITH example AS (
         INSERT INTO rostro.examples (key, person, id, added_at, details, crop, crop_extension)
         VALUES ($1, $2, $3, $4, $5, $6, $7))
       INSERT INTO rostro.vectors (example, contract, vector) VALUES ($1, $8, $9)`,
      [
        ...[key, person, id, addedAt, this.columns.sealDetails(details, key)],
        ...[crop && this.columns.sealCrop(crop, key), extension],
        ...[this.contract, this.columns.sealVector(embedding, key)],
      ],
    );
    const example = { id, crop: cropName(key, extension), addedAt, details };
    if (this.index === null) return { key, example: { ...example, embedding } };
    await this.index.add(session, key, embedding);
    return { key, example };
  }

  /** Gives the sightings and the rows of attendance of `from` to `into`. */
  async moveSightings(session: Session, from: number, into: number): Promise<void> {
    await session.query('UPDATE rostro.sightings SET person = $2 WHERE person = $1', [from, into]);
    await session.query('UPDATE rostro.attendance_people SET person = $2 WHERE person = $1', [from, into]);
  }

  /** Appends the examples of `from` to those of `into`. @param ids new ids of the examples, in their order */
  async moveExamples(session: Session, from: StoredPerson, into: number, ids: readonly string[]): Promise<void> {
    for (const [i, key] of from.exampleKeys.entries()) {
      await session.query(
        `UPDATE rostro.examples SET person = $2, id = $3, place = nextval('rostro.places') WHERE key = $1`,
        [key, into, ids[i]],
      );
    }
    await this.moveOtherExamples(session, from.key, into);
  }

  /** Gives one example to another person, with a new place. */
  async moveExample(session: Session, key: string, into: number, { id, details }: Example): Promise<void> {
    await session.query(
      `UPDATE rostro.examples SET person = $2, id = $3, details = $4, place = nextval('rostro.places') WHERE key = $1`,
      [key, into, id, this.columns.sealDetails(details, key)],
    );
  }

  /** Moves the examples that only servers with another embedder see. */
  private async moveOtherExamples(session: Session, from: number, into: number): Promise<void> {
    await session.query(
      `UPDATE rostro.examples e SET person = $2, place = nextval('rostro.places'),
         id = CASE WHEN EXISTS (SELECT FROM rostro.examples o WHERE o.person = $2 AND o.id = e.id)
           THEN gen_random_uuid()::text ELSE e.id END
       WHERE e.person = $1`,
      [from, into],
    );
  }

  async crop(session: Session, key: string): Promise<Uint8Array | null> {
    const rows = await session.query<{ crop: Buffer | null }>('SELECT crop FROM rostro.examples WHERE key = $1', [key]);
    const crop = rows.length === 0 ? null : rows[0].crop;
    return crop && this.columns.openCrop(crop, key);
  }
}

/** As the database returns it: with milliseconds; null for an invalid date. */
function momentOf(text: string | null): string | null {
  const date = new Date(text ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
