import { randomUUID } from 'node:crypto';
import { SerialQueue } from '../../shared/queue.js';
import type { EmbeddedExample, EmbeddedPerson } from '../gallery.js';
import { hashRow } from '../person-rows.js';
import type { ShadowRow, ShadowRows } from '../reembed/prepare.js';
import type { Vault } from '../sealing/vault.js';
import { tryLockUnusedVectors } from './advisory-locks.js';
import { recordChange } from './change-session.js';
import type { Database, Session } from './database.js';
import { ExampleColumns } from './example-columns.js';
import { PeopleReader, type StoredPerson } from './people-reader.js';
import { refuseMissing, storedContracts } from './stored-contracts.js';
import { searchTable } from './vector-index.js';

/** Vectors per query. */
const PAGE = 5000;
const NO_VECTOR = new Float32Array(0);

interface Held {
  /** Key of the example in the database. */
  readonly key: string;
  /** Null where there is no vector yet. */
  row: Float32Array | null;
}

/**
 * A gallery in a database with the vectors of two embedders: the one that it was last written with, and another. Both
 * are in the same table. Servers that use the other embedder are notified of each new vector. Examples passed to the
 * methods must come from the last call of {@link people}.
 */
export class DatabaseShadowRows implements ShadowRows {
  private held = new WeakMap<EmbeddedExample, Held>();
  /** Keys of examples without a face in the crop. In memory only. */
  private readonly faceless = new Set<string>();
  private readonly columns: ExampleColumns;
  private readonly writes = new SerialQueue();

  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
    private readonly contract: { readonly id: string; readonly dimension: number },
  ) {
    this.columns = new ExampleColumns(vault, contract);
  }

  /** All people, with embeddings of the embedder that the gallery was last written with; empty where there is none. */
  async people(): Promise<readonly EmbeddedPerson[]> {
    return this.database.snapshot(async (session) => {
      const stored = (await storedContracts(session)).map(({ contract }) => contract);
      const live = { id: stored.find((id) => id !== this.contract.id) ?? this.contract.id };
      const reader = new PeopleReader(new ExampleColumns(this.vault, live), live.id, 'all');
      const everyone = await reader.everyone(session);
      const rows = await this.rows(session);
      this.held = new WeakMap();
      return everyone.map((person) => this.hold(person, rows));
    });
  }

  async crop(example: EmbeddedExample): Promise<Uint8Array | null> {
    const { key } = this.of(example);
    const rows = await this.database.query<{ crop: Buffer | null }>('SELECT crop FROM rostro.examples WHERE key = $1', [
      key,
    ]);
    const crop = rows.at(0)?.crop ?? null;
    return crop && this.columns.openCrop(crop, key);
  }

  async has(example: EmbeddedExample): Promise<boolean> {
    const found = await this.database.query('SELECT 1 FROM rostro.examples WHERE key = $1', [this.of(example).key]);
    return found.length > 0;
  }

  read(example: EmbeddedExample): Promise<ShadowRow | null> {
    const { key, row } = this.of(example);
    const isKnown = row !== null || this.faceless.has(key);
    return Promise.resolve(isKnown ? { of: hashRow(example.embedding), row } : null);
  }

  /** Writes are serialised, because of the locks. A crop without a face is remembered in memory only. */
  async write(example: EmbeddedExample, { row }: ShadowRow): Promise<void> {
    const held = this.of(example);
    if (row === null) {
      this.faceless.add(held.key);
      return;
    }
    await this.writes.run(() => this.database.transaction((session) => this.store(session, held.key, row)));
    held.row = row;
  }

  async forget(example: EmbeddedExample): Promise<void> {
    const { id } = this.contract;
    const { key } = this.of(example);
    await this.database.query('DELETE FROM rostro.vectors WHERE contract = $1 AND example = $2', [id, key]);
  }

  private async store(session: Session, key: string, row: Float32Array): Promise<void> {
    const insert = () =>
      session.query<{ person: number }>(
        `WITH example AS (SELECT key, person FROM rostro.examples WHERE key = $2 FOR KEY SHARE),
           added AS (INSERT INTO rostro.vectors (contract, example, vector)
             SELECT $1, key, $3 FROM example ON CONFLICT DO NOTHING)
         SELECT person FROM example`,
        [this.contract.id, key, this.columns.sealVector(row, key)],
      );
    if (await tryLockUnusedVectors(session, this.contract.id)) {
      await insert();
      return;
    }
    const [{ last }] = await session.query<{ last: number }>(
      'SELECT last_change AS last FROM rostro.gallery FOR UPDATE',
    );
    const people = (await insert()).map(({ person }) => person);
    if (people.length > 0) await recordChange(session, people, { number: last + 1, mark: randomUUID() });
  }

  private hold({ person, exampleKeys }: StoredPerson, rows: ReadonlyMap<string, Float32Array>): EmbeddedPerson {
    const examples = person.examples.map((example, i) => {
      const held: EmbeddedExample =
        'embedding' in example ? (example as EmbeddedExample) : { ...example, embedding: NO_VECTOR };
      this.held.set(held, { key: exampleKeys[i], row: rows.get(exampleKeys[i]) ?? null });
      return held;
    });
    return { ...person, examples };
  }

  private async rows(session: Session): Promise<Map<string, Float32Array>> {
    const rows = new Map<string, Float32Array>();
    let last = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const page = await session.query<{ key: string; vector: Buffer }>(
        `SELECT example AS key, vector FROM rostro.vectors WHERE contract = $1 AND example > $2
         ORDER BY example LIMIT ${PAGE}`,
        [this.contract.id, last],
      );
      if (page.length === 0) return rows;
      for (const { key, vector } of page) rows.set(key, this.columns.openVector(vector, key));
      last = page[page.length - 1].key;
    }
  }

  private of(example: EmbeddedExample): Held {
    const held = this.held.get(example);
    if (!held) throw new Error(`Example ${example.id} is not of the last reading.`);
    return held;
  }
}

export interface DeletedVectors {
  readonly contract: string;
  /** Number of deleted vectors; null where a server uses them and nothing was deleted. */
  readonly deleted: number | null;
}

/**
 * Deletes the vectors of all other embedders, except those that running servers use.
 * @throws RostroError `gallery_contract_mismatch` where an example has no vector of `kept`; nothing is deleted then
 */
export async function deleteOtherVectors(
  database: Database,
  kept: { readonly id: string; readonly name: string },
): Promise<DeletedVectors[]> {
  return database.transaction(async (session) => {
    await session.query('SET LOCAL statement_timeout = 0');
    await session.query('SELECT 1 FROM rostro.gallery FOR UPDATE');
    await refuseMissing(session, kept);
    const forgotten: DeletedVectors[] = [];
    for (const { contract, vectors } of await storedContracts(session)) {
      if (contract === kept.id) continue;
      const isUnused = await tryLockUnusedVectors(session, contract);
      forgotten.push({ contract, deleted: isUnused ? vectors : null });
      if (!isUnused) continue;
      await session.query('DELETE FROM rostro.vectors WHERE contract = $1', [contract]);
      await session.query('DELETE FROM rostro.negative_vectors WHERE contract = $1', [contract]);
      await session.query(`DROP TABLE IF EXISTS ${searchTable(contract)}`);
    }
    return forgotten;
  });
}
