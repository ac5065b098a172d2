import { randomUUID } from 'node:crypto';
import type { FullNegative, Negative } from '../negatives.js';
import type { Session } from './database.js';
import { cropName, type ExampleColumns } from './example-columns.js';

interface NegativeRow extends Record<string, unknown> {
  readonly person: number;
  readonly key: string;
  readonly id: string;
  readonly added_at: string;
  readonly nearest: string | null;
  readonly details: Buffer;
  readonly has_crop: boolean;
  readonly vector: Buffer | null;
}

/** Reads and writes negatives with the vectors of one embedder, in the transaction of a change. */
export class NegativeRows {
  constructor(
    private readonly columns: ExampleColumns,
    private readonly contract: string,
  ) {}

  /** @returns the negatives of each person who has some. @throws RostroError `gallery_corrupt`, `encryption_key_wrong` */
  async of(
    session: Session,
    people: readonly number[] | { readonly from: number; readonly to: number },
  ): Promise<ReadonlyMap<number, readonly Negative[]>> {
    const [which, values] =
      'from' in people ? ['BETWEEN $2 AND $3', [people.from, people.to]] : ['= ANY($2)', [people]];
    const rows = await session.query<NegativeRow>(
      `SELECT n.person, n.key, n.id, n.added_at, n.nearest, n.details, n.crop IS NOT NULL AS has_crop, v.vector
       FROM rostro.negatives n
         LEFT JOIN rostro.negative_vectors v ON v.negative = n.key AND v.contract = $1
       WHERE n.person ${which} ORDER BY n.person, n.place`,
      [this.contract, ...values],
    );
    const found = new Map<number, Negative[]>();
    for (const row of rows) {
      const known = found.get(row.person);
      if (known) known.push(this.negative(row));
      else found.set(row.person, [this.negative(row)]);
    }
    return found;
  }

  /** Appends a negative. @returns it as in memory */
  async insert(session: Session, person: number, given: FullNegative): Promise<Negative> {
    const key = randomUUID();
    const { id, nearest, crop, details, embedding } = given;
    const addedAt = new Date(given.addedAt).toISOString();
    await session.query(
      `INSERT INTO rostro.negatives (key, person, id, added_at, nearest, details, crop)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        ...[key, person, id, addedAt, nearest],
        ...[this.columns.sealDetails(details, key), crop && this.columns.sealCrop(crop, key)],
      ],
    );
    if (embedding) await this.insertVector(session, key, embedding);
    return { id, crop: cropName(key, crop && '.jpg'), addedAt, details, nearest, embedding };
  }

  /** Stores the vector of a negative. */
  async embed(session: Session, person: number, id: string, embedding: Float32Array): Promise<void> {
    const rows = await this.find<{ key: string }>(session, 'key', person, id);
    for (const { key } of rows) await this.insertVector(session, key, embedding);
  }

  async remove(session: Session, person: number, id: string): Promise<void> {
    await session.query('DELETE FROM rostro.negatives WHERE person = $1 AND id = $2', [person, id]);
  }

  async removeOf(session: Session, person: number): Promise<void> {
    await session.query('DELETE FROM rostro.negatives WHERE person = $1', [person]);
  }

  /** Gives a negative to another person. */
  async move(session: Session, from: number, id: string, to: { readonly person: number; readonly negative: Negative }) {
    const { person, negative } = to;
    await session.query(
      `UPDATE rostro.negatives SET person = $3, id = $4, nearest = $5, place = nextval('rostro.places')
       WHERE person = $1 AND id = $2`,
      [from, id, person, negative.id, negative.nearest],
    );
  }

  async crop(session: Session, person: number, id: string): Promise<Uint8Array | null> {
    const rows = await this.find<{ key: string; crop: Buffer | null }>(session, 'key, crop', person, id);
    const found = rows.at(0);
    return found?.crop ? this.columns.openCrop(found.crop, found.key) : null;
  }

  private find<T extends Record<string, unknown>>(session: Session, columns: string, person: number, id: string) {
    return session.query<T>(`SELECT ${columns} FROM rostro.negatives WHERE person = $1 AND id = $2`, [person, id]);
  }

  private async insertVector(session: Session, key: string, embedding: Float32Array): Promise<void> {
    await session.query(
      `INSERT INTO rostro.negative_vectors (negative, contract, vector) VALUES ($1, $2, $3)
       ON CONFLICT (negative, contract) DO UPDATE SET vector = excluded.vector`,
      [key, this.contract, this.columns.sealVector(embedding, key)],
    );
  }

  private negative({ key, id, added_at, nearest, details, has_crop, vector }: NegativeRow): Negative {
    return {
      id,
      crop: cropName(key, has_crop ? '.jpg' : null),
      addedAt: added_at,
      details: this.columns.openDetails(details, key)!,
      nearest,
      embedding: vector && this.columns.openVector(vector, key),
    };
  }
}
