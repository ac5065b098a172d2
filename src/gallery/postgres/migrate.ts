import { RostroError } from '../../shared/errors.js';
import { MIGRATE_LOCK, SCHEMA_IN_USE_LOCK } from './advisory-locks.js';
import { Database, type Session } from './database.js';
import { type Migration, MIGRATIONS, SCHEMA_VERSION } from './schema.js';

/** The oldest PostgreSQL that supports all statements used. */
const OLDEST_POSTGRES = 130_000;

/**
 * Migrates the schema to this version, one process at a time.
 * @throws RostroError `database_incompatible` where the schema is newer, where servers still run on the older schema,
 *   or where PostgreSQL is too old
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const target = Math.max(...migrations.map(({ number }) => number));
  await database.transaction(async (session) => {
    await requirePostgres(session);
    await session.query('SELECT pg_advisory_xact_lock($1)', [MIGRATE_LOCK]);
    const current = await versionOf(session);
    if (current > target) throw newer(current, target);
    if (current === target) return;
    if (current > 0) await requireSchemaUnused(session, current, target);
    await session.query('SET LOCAL statement_timeout = 0');
    if (current === 0) await createMigrationsTable(session);
    for (const { number, sql } of migrations.filter((migration) => migration.number > current)) {
      await session.query(sql);
      await session.query('INSERT INTO rostro.migrations (number) VALUES ($1)', [number]);
    }
  });
}

/**
 * Marks the schema as in use for the lifetime of the session.
 * @throws RostroError `database_incompatible` where the schema is newer
 */
export async function lockSchemaInUse(session: Session): Promise<void> {
  await session.query('SELECT pg_advisory_lock_shared($1)', [SCHEMA_IN_USE_LOCK]);
  const current = await versionOf(session);
  if (current > SCHEMA_VERSION) throw newer(current, SCHEMA_VERSION);
}

async function versionOf(session: Session): Promise<number> {
  const [{ there }] = await session.query(`SELECT to_regclass('rostro.migrations') IS NOT NULL AS there`);
  if (!there) return 0;
  const [{ version }] = await session.query('SELECT coalesce(max(number), 0) AS version FROM rostro.migrations');
  return Number(version);
}

async function createMigrationsTable(session: Session): Promise<void> {
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

async function requireSchemaUnused(session: Session, current: number, target: number): Promise<void> {
  const [{ alone }] = await session.query('SELECT pg_try_advisory_xact_lock($1) AS alone', [SCHEMA_IN_USE_LOCK]);
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

/**
 * Connects to the database and migrates the schema.
 * @param listenUrl see {@link Database}
 * @throws RostroError `database_unreachable`, `database_incompatible`; `bad_config` where the login fails
 */
export async function openDatabase(url: string, listenUrl?: string): Promise<Database> {
  const database = new Database(url, listenUrl);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
