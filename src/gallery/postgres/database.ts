import { createPool, type Pool, type Row } from './driver.js';
import { databaseFailed } from './errors.js';

/** Runs statements: a pool, a connection or a transaction. */
export interface Session {
  /** @returns the rows. @throws RostroError where the database is unreachable or refuses; other errors of the driver */
  query<T extends Row = Row>(statement: string, values?: readonly unknown[]): Promise<T[]>;
}

interface Queryable {
  query(statement: string, values: unknown[]): Promise<{ rows: Row[] }>;
}

const BEGIN = 'BEGIN';
/** All reads of the transaction see the same state. */
export const BEGIN_SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** The connections of this process to one PostgreSQL database. */
export class Database implements Session {
  private readonly pool: Pool;
  /** Host and port, without user and password. */
  readonly where: string;

  /** Connects lazily, with the first statement. */
  constructor(readonly url: string) {
    this.where = placeOf(url);
    this.pool = createPool(url, () => undefined);
  }

  query<T extends Row>(statement: string, values: readonly unknown[] = []): Promise<T[]> {
    return sessionOn(this.pool, this.where).query<T>(statement, values);
  }

  /**
   * Runs `work` in a transaction; rolls back if it throws.
   * @throws RostroError `database_unreachable` and others of {@link databaseFailed}; what `work` throws
   */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.run(BEGIN, work);
  }

  /** Runs `work` in a read-only transaction on a consistent snapshot. */
  snapshot<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.run(BEGIN_SNAPSHOT, work);
  }

  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  private async run<T>(begin: string, work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw databaseFailed(error, this.where);
    });
    // A pending query also reports a broken connection, so the event needs no handling.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let isUsable = false;
    try {
      const session = sessionOn(client, this.where);
      const result = await inTransaction(begin, session, work);
      isUsable = true;
      return result;
    } catch (error) {
      isUsable = await client.query('ROLLBACK').then(
        () => true,
        () => false,
      );
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(!isUsable);
    }
  }
}

async function inTransaction<T>(begin: string, session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  await session.query(begin);
  const result = await work(session);
  await session.query('COMMIT');
  return result;
}

/** @param where host and port, for error messages */
export function sessionOn(queryable: Queryable, where: string): Session {
  return {
    async query<T extends Row>(statement: string, values: readonly unknown[] = []): Promise<T[]> {
      try {
        return (await queryable.query(statement, [...values])).rows as T[];
      } catch (error) {
        throw databaseFailed(error, where);
      }
    },
  };
}

/** `db.example:5432`, or the folder of the socket; never a password. */
function placeOf(url: string): string {
  const { hostname, port, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  if (host.startsWith('/')) return host;
  return `${host || 'localhost'}:${searchParams.get('port') ?? (port || '5432')}`;
}
