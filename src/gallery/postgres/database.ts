import { type Pool, poolOf, type Row } from './driver.js';
import { databaseFailed } from './errors.js';
import { migrate } from './migrate.js';

/** Whatever takes a statement: a connection, or a transaction on it. */
export interface Session {
  /** @returns the rows. @throws RostroError where the database is not there or refuses; the driver's error for a defect */
  query<T extends Row = Row>(statement: string, values?: readonly unknown[]): Promise<T[]>;
}

interface Queryable {
  query(statement: string, values: unknown[]): Promise<{ rows: Row[] }>;
}

const CHANGE = 'BEGIN';
/** Everything that it reads is of one moment. */
const LOOK = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** The connections of this process to one PostgreSQL database. */
export class Database implements Session {
  private readonly pool: Pool;
  /** Host and port, without user and password. */
  readonly where: string;

  /** Connects with the first statement. */
  constructor(readonly url: string) {
    this.where = placeOf(url);
    this.pool = poolOf(url, () => undefined);
  }

  query<T extends Row>(statement: string, values: readonly unknown[] = []): Promise<T[]> {
    return sessionOn(this.pool, this.where).query<T>(statement, values);
  }

  /**
   * All that `work` does becomes real together, or nothing does.
   * @throws RostroError `database_unreachable` and others of {@link databaseFailed}; what `work` throws
   */
  change<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.transaction(CHANGE, work);
  }

  /** All that `work` reads is of one moment. */
  look<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.transaction(LOOK, work);
  }

  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  private async transaction<T>(begin: string, work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw databaseFailed(error, this.where);
    });
    // A connection that breaks tells whoever waits for an answer, too.
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

/** @param where for sentences: host and port */
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

/** `db.example:5432`, or the socket's folder; never a password. */
function placeOf(url: string): string {
  const { hostname, port, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  if (host.startsWith('/')) return host;
  return `${host || 'localhost'}:${searchParams.get('port') ?? (port || '5432')}`;
}

/**
 * Connects, and brings the schema up to date.
 * @throws RostroError `database_unreachable`, `database_incompatible`, `bad_config` where the database lets nobody in
 */
export async function openDatabase(url: string): Promise<Database> {
  const database = new Database(url);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
