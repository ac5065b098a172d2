import pg from 'pg';

/** The door to the driver: nothing else imports `pg`. */

export type Row = Record<string, unknown>;
export type Client = pg.Client;
export type Pool = pg.Pool;

/** How long anything may take; every wait for the database ends. */
const CONNECT_MS = 5000;
const STATEMENT_MS = 20_000;
/** Above what the database itself allows, so that it is the one that tells. */
const ANSWER_MS = 25_000;
/** For the lock that changes are made under. */
const LOCK_MS = 10_000;
/** Ends the transaction of a server that was cut off amid it, and with it its locks. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Changes come one after the other; the rest is for crops, sessions and the audit log. */
const MAX_CONNECTIONS = 6;

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];
const { INT8, TIMESTAMPTZ } = pg.types.builtins;
/** Of PostgreSQL's catalogue, pg_type.dat. */
const INT8_ARRAY: number = 1016;

/** Numbers stay below 2^53 here, and moments are told as ISO 8601, UTC, as everywhere in the house. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: TypeId, format?: 'text' | 'binary') => {
    if (oid === INT8) return Number;
    if ((oid as number) === INT8_ARRAY) return (text: string) => JSON.parse(`[${text.slice(1, -1)}]`) as number[];
    if (oid === TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  }) as typeof pg.types.getTypeParser,
};

function configOf(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    types,
    application_name: 'rostro',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  };
}

/** @param onError told of connections that break while nobody uses them */
export function poolOf(url: string, onError: (error: Error) => void): Pool {
  const pool = new pg.Pool({ ...configOf(url), max: MAX_CONNECTIONS });
  pool.on('error', onError);
  return pool;
}

/** A connection of one's own, not connected yet. */
export function clientOf(url: string): Client {
  return new pg.Client(configOf(url));
}

/** @returns the five characters that the database gave an error, undefined for any other error */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** @returns the name of the constraint that a row violated */
export function violated(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined;
}
