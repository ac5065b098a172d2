import { RostroError } from '../../shared/errors.js';
import type { Database, Session } from './database.js';
import { MIGRATIONS, SCHEMA_VERSION, type Migration } from './schema.js';

/** Numbers of advisory locks, of no meaning but theirs: who migrates, and who runs on the schema as it is. */
const MIGRATING = 7_267_801;
const RUNNING = 7_267_802;

/** The first one that all statements here are understood by. */
const OLDEST_POSTGRES = 130_000;

/**
 * Brings the database's schema to this version, one process at a time.
 * @throws RostroError `database_incompatible` for a schema of a newer version, for one of an older version that servers
 *   still run on, and for a PostgreSQL that is too old
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const target = Math.max(...migrations.map(({ number }) => number));
  await database.change(async (session) => {
    await requirePostgres(session);
    await session.query('SELECT pg_advisory_xact_lock($1)', [MIGRATING]);
    const current = await versionOf(session);
    if (current > target) throw newer(current, target);
    if (current === target) return;
    if (current > 0) await requireNobodyRuns(session, current, target);
    await session.query('SET LOCAL statement_timeout = 0');
    if (current === 0) await begin(session);
    for (const { number, sql } of migrations.filter((migration) => migration.number > current)) {
      await session.query(sql);
      await session.query('INSERT INTO rostro.migrations (number) VALUES ($1)', [number]);
    }
  });
}

/**
 * Marks the session as one that runs on the schema of this version, as long as it lives.
 * @throws RostroError `database_incompatible` where the schema has become another one
 */
export async function runOnSchema(session: Session): Promise<void> {
  await session.query('SELECT pg_advisory_lock_shared($1)', [RUNNING]);
  const current = await versionOf(session);
  if (current > SCHEMA_VERSION) throw newer(current, SCHEMA_VERSION);
}

async function versionOf(session: Session): Promise<number> {
  const [{ there }] = await session.query(`SELECT to_regclass('rostro.migrations') IS NOT NULL AS there`);
  if (!there) return 0;
  const [{ version }] = await session.query('SELECT coalesce(max(number), 0) AS version FROM rostro.migrations');
  return Number(version);
}

async function begin(session: Session): Promise<void> {
  await session.query('CREATE SCHEMA IF NOT EXISTS rostro');
  await session.query(
    'CREATE TABLE IF NOT EXISTS rostro.migrations (number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
}

async function requirePostgres(session: Session): Promise<void> {
  const [row] = await session.query(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  );
  if (Number(row.number) >= OLDEST_POSTGRES) return;
  throw incompatible(`The database is PostgreSQL ${String(row.version)}; Rostro needs 13 or newer.`);
}

async function requireNobodyRuns(session: Session, current: number, target: number): Promise<void> {
  const [{ alone }] = await session.query('SELECT pg_try_advisory_xact_lock($1) AS alone', [RUNNING]);
  if (alone) return;
  throw incompatible(
    `The database is of an older Rostro (schema ${current}, this one needs ${target}), and servers of that version still ` +
      'run on it: stop all of them, then start this one, which brings the database up to date.',
  );
}

function newer(current: number, known: number): RostroError {
  return incompatible(
    `The database was brought up to date by a newer Rostro (schema ${current}; this one knows up to ${known}): update this one.`,
  );
}

function incompatible(message: string): RostroError {
  return new RostroError('database_incompatible', message);
}
