import { beginWithTimeouts, createPool, type Pool, type PoolClient, refusesTimeouts, type Row } from './driver.js';
import { databaseFailed, isReadOnly } from './errors.js';

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
  private pool: Pool | null = null;
  private sendsTimeouts = true;
  /** Connections to the server that takes changes, as far as is known. */
  private usable = new WeakSet<PoolClient>();
  private readonly onDiscard = new Set<() => void>();
  /** Host and port, without user and password. */
  readonly where: string;

  /**
   * Connects lazily, with the first statement.
   * @param listenUrl for the connection that listens for changes of other servers; a pooler may give the others to
   *   another client after each transaction
   */
  constructor(
    readonly url: string,
    readonly listenUrl = url,
  ) {
    this.where = placeOf(url);
  }

  query<T extends Row>(statement: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.withSession(async (session) => session.query<T>(statement, values), false);
  }

  /** @param listener called when all connections are given up, because the server takes no changes any more */
  whenDiscarded(listener: () => void): () => void {
    this.onDiscard.add(listener);
    return () => this.onDiscard.delete(listener);
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
    const { pool } = this;
    if (pool !== null && !pool.ended) await pool.end();
  }

  private run<T>(begin: string, work: (session: Session) => Promise<T>): Promise<T> {
    return this.withSession((session) => inTransaction(beginWithTimeouts(begin), session, work), true);
  }

  /** @param rollsBack whether the connection is usable after an error and a rollback */
  private async withSession<T>(work: (session: Session) => Promise<T>, rollsBack: boolean): Promise<T> {
    const client = await this.checkOut().catch((error: unknown) => {
      throw databaseFailed(error, this.where);
    });
    // A pending query also reports a broken connection, so the event needs no handling.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let isUsable = false;
    try {
      const result = await work(sessionOn(client, this.where));
      isUsable = true;
      return result;
    } catch (error) {
      if (isReadOnly(error)) this.discardConnections();
      else if (rollsBack) isUsable = await isRolledBack(client);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(!isUsable);
    }
  }

  private async checkOut(): Promise<PoolClient> {
    for (;;) {
      const client = await this.connect();
      if (this.usable.has(client)) return client;
      client.release(true);
    }
  }

  private async connect(): Promise<PoolClient> {
    this.pool ??= this.createPool();
    const { pool } = this;
    try {
      return await pool.connect();
    } catch (error) {
      if (!refusesTimeouts(error)) throw error;
      if (this.pool === pool) {
        this.sendsTimeouts = false;
        this.pool = this.createPool();
        void pool.end();
      }
      return this.pool.connect();
    }
  }

  private createPool(): Pool {
    return createPool(this.url, this.sendsTimeouts, (client) => this.usable.add(client));
  }

  /** After a fail-over they may all lead to the server that was the primary. New ones are opened for later statements. */
  private discardConnections(): void {
    this.usable = new WeakSet();
    for (const listener of this.onDiscard) listener();
  }
}

function isRolledBack(client: PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
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
