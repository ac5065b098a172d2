import { createHash } from 'node:crypto';
import type { EmbedderContract } from '../../faces/embed/embedder.js';
import { RostroError } from '../../shared/errors.js';
import { INDEX_LOCK } from './advisory-locks.js';
import type { Database, Session } from './database.js';
import { sqlState } from './driver.js';
import type { ExampleColumns } from './example-columns.js';

/** A search result: an example near the query. */
export interface Candidate {
  readonly person: number;
  readonly embedding: Float32Array;
}

interface CandidateRow extends Record<string, unknown> {
  readonly person: number;
  readonly key: string;
  readonly vector: Buffer;
}

/** Examples indexed per statement. */
const PAGE = 500;
/**
 * Candidate list size of the HNSW search (`hnsw.ef_search`): higher gives better recall. pgvector's maximum is 1000.
 */
const EF_SEARCH = 400;

/**
 * A copy of the embeddings in a pgvector table with an HNSW index for Euclidean distances
 * (https://github.com/pgvector/pgvector). `rostro.vectors` is the original; the copy can be rebuilt from it.
 */
export class VectorIndex {
  private readonly table: string;

  constructor(
    private readonly contract: EmbedderContract,
    private readonly columns: ExampleColumns,
  ) {
    this.table = searchTable(contract.id);
  }

  /**
   * Creates the index if needed, and adds missing examples.
   * @throws RostroError `database_incompatible` without the extension
   */
  async prepare(database: Database): Promise<void> {
    await database.transaction(async (session) => {
      await session.query('SET LOCAL statement_timeout = 0');
      await session.query('SELECT pg_advisory_xact_lock($1)', [INDEX_LOCK]);
      await session.query('CREATE EXTENSION IF NOT EXISTS vector').catch(extensionMissing);
      await session.query(
        `CREATE TABLE IF NOT EXISTS ${this.table} (
           example uuid PRIMARY KEY REFERENCES rostro.examples ON DELETE CASCADE,
           embedding vector(${this.contract.dimension}) NOT NULL)`,
      );
      await session.query(
        `CREATE INDEX IF NOT EXISTS ${this.table.split('.')[1]}_hnsw ON ${this.table} USING hnsw (embedding vector_l2_ops)`,
      );
    });
    await this.complete(database);
  }

  /** Adds examples that servers without pgvector search have enrolled. */
  async complete(database: Database): Promise<void> {
    for (;;) {
      const missing = await database.query<CandidateRow>(
        `SELECT v.example AS key, v.vector FROM rostro.vectors v
         WHERE v.contract = $1 AND NOT EXISTS (SELECT FROM ${this.table} s WHERE s.example = v.example) LIMIT ${PAGE}`,
        [this.contract.id],
      );
      if (missing.length === 0) return;
      const embeddings = missing.map(({ key, vector }) => literalOf(this.columns.openVector(vector, key)));
      await database.query(
        `INSERT INTO ${this.table} (example, embedding)
         SELECT given.key, given.embedding::vector FROM unnest($1::uuid[], $2::text[]) AS given (key, embedding)
         JOIN rostro.examples e ON e.key = given.key ON CONFLICT DO NOTHING`,
        [missing.map(({ key }) => key), embeddings],
      );
    }
  }

  /** Call it in the transaction that adds the example. */
  async add(session: Session, key: string, embedding: Float32Array): Promise<void> {
    await session.query(`INSERT INTO ${this.table} (example, embedding) VALUES ($1, $2::vector)`, [
      key,
      literalOf(embedding),
    ]);
  }

  /** Approximate search with the index. @returns at most `count` examples, nearest first */
  async nearest(session: Session, embedding: Float32Array, count: number): Promise<Candidate[]> {
    await session.query(`SET LOCAL hnsw.ef_search = ${EF_SEARCH}`);
    const rows = await session.query<CandidateRow>(
      `SELECT e.person, e.key, v.vector
       FROM (SELECT example, embedding <-> $1::vector AS distance FROM ${this.table}
             ORDER BY embedding <-> $1::vector LIMIT $2) s
       JOIN rostro.examples e ON e.key = s.example
       JOIN rostro.vectors v ON v.example = s.example AND v.contract = $3
       ORDER BY s.distance`,
      [literalOf(embedding), count, this.contract.id],
    );
    return rows.map((row) => this.candidate(row));
  }

  /**
   * Exact search through all examples. @returns the nearest example of each of the nearest people
   * @param among keys of the people to search, and those of their examples to leave out; null for all
   */
  async nearestOfEach(
    session: Session,
    embedding: Float32Array,
    people: number,
    among: { readonly keys: readonly number[]; readonly unused: readonly string[] } | null,
  ): Promise<Candidate[]> {
    const rows = await session.query<CandidateRow>(
      `SELECT n.person, n.key, v.vector
       FROM (SELECT DISTINCT ON (e.person) e.person, e.key, s.embedding <-> $1::vector AS distance
             FROM ${this.table} s JOIN rostro.examples e ON e.key = s.example
             WHERE $2::bigint[] IS NULL OR (e.person = ANY ($2) AND e.key <> ALL ($5::uuid[]))
             ORDER BY e.person, distance) n
       JOIN rostro.vectors v ON v.example = n.key AND v.contract = $3
       ORDER BY n.distance LIMIT $4`,
      [literalOf(embedding), among?.keys ?? null, this.contract.id, people, among?.unused ?? []],
    );
    return rows.map((row) => this.candidate(row));
  }

  private candidate({ person, key, vector }: CandidateRow): Candidate {
    return { person, embedding: this.columns.openVector(vector, key) };
  }
}

/** Name of the pgvector table of a contract. */
export function searchTable(contractId: string): string {
  return `rostro.search_${createHash('sha256').update(contractId).digest('hex').slice(0, 16)}`;
}

/** Text format of pgvector. */
function literalOf(embedding: Float32Array): string {
  return `[${embedding.join(',')}]`;
}

function extensionMissing(error: unknown): never {
  const cause = error instanceof RostroError ? error.cause : error;
  const isRefused = sqlState(cause) === '42501';
  throw new RostroError(
    'database_incompatible',
    isRefused
      ? 'SEARCH=pgvector needs the extension "vector", which the user of DATABASE_URL may not create: let a superuser run "CREATE EXTENSION vector" in this database.'
      : 'SEARCH=pgvector needs the extension "vector", which this PostgreSQL does not have: install pgvector (Debian: postgresql-NN-pgvector), or leave SEARCH out.',
    { cause: error },
  );
}
