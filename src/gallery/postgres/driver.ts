import { createRequire } from 'node:module';
import type pg from 'pg';

const require = createRequire(import.meta.url);

/** Loaded with the first connection: most servers have no database. */
function driver(): typeof pg {
  return require('pg') as typeof pg;
}

export type Row = Record<string, unknown>;
export type Client = pg.Client;
export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

/** Timeouts, so that no call waits forever. */
const CONNECT_MS = 5000;
const STATEMENT_MS = 20_000;
/** Longer than the statement timeout, so that the database reports it first. */
const ANSWER_MS = 25_000;
/** For the row lock that serialises changes. */
const LOCK_MS = 10_000;
/** Ends the transactions of a disconnected server and releases their locks. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** One for changes, which are serialised; the others for crops, sessions and the audit log. */
const MAX_CONNECTIONS = 6;

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];
/** From PostgreSQL's catalogue, pg_type.dat. */
const [INT8, INT8_ARRAY, TIMESTAMPTZ]: readonly number[] = [20, 1016, 1184];

/** Parses int8 as number (all values are below 2^53) and timestamps as ISO 8601, UTC. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: TypeId, format?: 'text' | 'binary') => {
    const oid: number = id;
    if (oid === INT8) return Number;
    if (oid === INT8_ARRAY) return (text: string) => JSON.parse(`[${text.slice(1, -1)}]`) as number[];
    if (oid === TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    return driver().types.getTypeParser(id, format) as (value: string) => unknown;
  }) as typeof pg.types.getTypeParser,
};

const TIMEOUTS = {
  statement_timeout: STATEMENT_MS,
  lock_timeout: LOCK_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
};

/** Begins a transaction with the timeouts, for connections that were opened without. */
export function beginWithTimeouts(begin: string): string {
  return [begin, ...Object.entries(TIMEOUTS).map(([name, ms]) => `SET LOCAL ${name} = ${ms}`)].join('; ');
}

/** Sets the timeouts of a connection that is not shared. */
export const SET_TIMEOUTS = Object.entries(TIMEOUTS)
  .map(([name, ms]) => `SET ${name} = ${ms}`)
  .join('; ');

function configOf(url: string, sendsTimeouts: boolean): pg.ClientConfig {
  return {
    connectionString: url,
    types,
    application_name: 'rostro',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    ...(sendsTimeouts ? TIMEOUTS : {}),
  };
}

/**
 * @param sendsTimeouts whether connections begin with the timeouts of statements; see {@link refusesTimeouts}
 * @param onConnect called with each new connection
 */
export function createPool(url: string, sendsTimeouts: boolean, onConnect: (client: PoolClient) => void): Pool {
  const pool = new (driver().Pool)({ ...configOf(url, sendsTimeouts), max: MAX_CONNECTIONS });
  // Of an idle connection that breaks; the pool replaces it.
  pool.on('error', () => undefined);
  pool.on('connect', onConnect);
  return pool;
}

/** A single client, not yet connected. */
export function createClient(url: string, sendsTimeouts: boolean): Client {
  return new (driver().Client)(configOf(url, sendsTimeouts));
}

/** Whether a pooler such as PgBouncer refuses a connection that begins with timeouts. */
export function refusesTimeouts(error: unknown): boolean {
  return sqlState(error) === '08P01' && (error as Error).message.includes('startup parameter');
}

/** @returns the SQLSTATE of an error of the database; undefined for other errors */
export function sqlState(error: unknown): string | undefined {
  return error instanceof driver().DatabaseError ? error.code : undefined;
}

/** @returns the name of the violated unique constraint; undefined for other errors */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof driver().DatabaseError && error.code === '23505' ? error.constraint : undefined;
}
