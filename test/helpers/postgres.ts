import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL server in a temporary folder, on a free port. */
export interface TestPostgres {
  readonly port: number;
  /** Creates an empty database. @returns its URL */
  newDatabase(): Promise<string>;
  /** A standby that follows this server until it is promoted. */
  newStandby(): Promise<TestPostgres>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Whether commits wait for the disk; default: no, which is faster and loses nothing when only processes end. */
  readonly fsync?: boolean;
  /** Paths of a certificate and its key, for encrypted connections. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const DEBIAN = '/usr/lib/postgresql';
const bin = findBin();
const needsUser = process.getuid?.() === 0;

export const hasPostgres = bin !== null && (!needsUser || hasUser('postgres'));

/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsPostgres = hasPostgres
  ? ''
  : ' (skipped: needs PostgreSQL with initdb, which is not here; on Debian: apt-get install postgresql)';

export const PASSWORD = 'correct horse';

/** A data directory that the first test file made: initdb takes seconds. */
const TEMPLATE = join(tmpdir(), `rostro-test-${(bin ?? '').replaceAll('/', '-')}`);

export async function startPostgres({ fsync = false, tls }: PostgresOptions = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'rostro-postgres-'));
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')];
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  if (needsUser) execFileSync('chown', ['-R', 'postgres', folder]);
  if (!existsSync(TEMPLATE)) {
    const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
    run('initdb', ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-sync', ...auth]);
    keepTemplate(data, folder);
  } else execFileSync('cp', ['-a', TEMPLATE, data]);
  if (tls !== undefined) installTls(data, tls);
  return runServer(folder, data, fsync);
}

/** PostgreSQL refuses a key that other users may read. */
function installTls(data: string, { cert, key }: NonNullable<PostgresOptions['tls']>): void {
  const [certFile, keyFile] = [join(data, 'server.crt'), join(data, 'server.key')];
  copyFileSync(cert, certFile);
  copyFileSync(key, keyFile);
  chmodSync(keyFile, 0o600);
  if (needsUser) execFileSync('chown', ['postgres', certFile, keyFile]);
  appendFileSync(join(data, 'postgresql.conf'), 'ssl = on\n');
}

/** A server with its data in `data`; `folder` is deleted at the end. */
async function runServer(folder: string, data: string, fsync: boolean): Promise<TestPostgres> {
  const port = await freePort();
  const server = start(data, folder, port, fsync);
  const admin = adminUrl(port);
  await answers(admin, server);
  let databases = 0;
  return {
    port,
    async newDatabase() {
      const name = `gallery_${++databases}`;
      await query(admin, `CREATE DATABASE ${name}`);
      return urlOf(port, name);
    },
    newStandby() {
      const standby = mkdtempSync(join(tmpdir(), 'rostro-standby-'));
      if (needsUser) execFileSync('chown', ['postgres', standby]);
      const copy = join(standby, 'data');
      run('pg_basebackup', ['-D', copy, '-R', '-X', 'stream', '-c', 'fast', '-d', admin]);
      return runServer(standby, copy, fsync);
    },
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      if (server.exitCode === null) {
        server.kill('SIGINT');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Another test file may do the same at this moment: only the first template counts. */
function keepTemplate(data: string, folder: string): void {
  const copy = join(folder, 'template');
  execFileSync('cp', ['-a', data, copy]);
  try {
    renameSync(copy, TEMPLATE);
  } catch {
    rmSync(copy, { recursive: true });
  }
}

/** Runs one statement on a new connection. */
export async function query(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, values)).rows;
  } finally {
    await client.end();
  }
}

export function urlOf(port: number, database: string, password = PASSWORD): string {
  return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

function adminUrl(port: number): string {
  return urlOf(port, 'postgres');
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function start(data: string, socketFolder: string, port: number, fsync: boolean): ChildProcess {
  const settings = { fsync: fsync ? 'on' : 'off', max_connections: '60', unix_socket_directories: socketFolder };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // `exec`, so that signals go to the server itself.
  const [command, args] = asPostgres('postgres', ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...options]);
  return spawn(command, args, { stdio: 'ignore' });
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start (exit code ${server.exitCode})`);
    const isThere = await query(url, 'SELECT 1').then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('PostgreSQL did not answer within 15 s');
}

function run(program: string, args: readonly string[]): void {
  const [command, all] = asPostgres(program, args);
  execFileSync(command, all, { stdio: 'pipe' });
}

function asPostgres(program: string, args: readonly string[]): [string, string[]] {
  return asPostgresUser(join(bin!, program), args);
}

/** PostgreSQL and PgBouncer refuse to run as root. */
export function asPostgresUser(path: string, args: readonly string[]): [string, string[]] {
  if (!needsUser) return [path, [...args]];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', path, ...args]];
}

function hasUser(name: string): boolean {
  try {
    execFileSync('id', ['-u', name], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** The folder of `initdb` and `postgres`: Debian keeps them off the path. */
function findBin(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = (process.env.PATH ?? '').split(':');
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...onPath];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}
