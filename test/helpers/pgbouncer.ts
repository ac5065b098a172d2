import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asPostgresUser, freePort, hasPostgres, needsPostgres, PASSWORD } from './postgres.js';

const PROGRAM = '/usr/sbin/pgbouncer';

export const hasPgBouncer = hasPostgres && spawnSync(PROGRAM, ['--version']).error === undefined;
/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsPgBouncer =
  needsPostgres || (hasPgBouncer ? '' : ' (skipped: PgBouncer is not installed; on Debian: apt-get install pgbouncer)');

/** PgBouncer with its default settings before a PostgreSQL on 127.0.0.1; it lets anyone in. */
export async function startPgBouncer(postgresPort: number, poolMode: 'session' | 'transaction') {
  const folder = mkdtempSync(join(tmpdir(), 'rostro-pgbouncer-'));
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${postgresPort} user=postgres password='${PASSWORD}'`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${poolMode}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  chmodSync(folder, 0o755);
  const [command, args] = asPostgresUser(PROGRAM, ['-q', file]);
  const process = spawn(command, args, { stdio: 'ignore' });
  await listens(port);
  return {
    /** @param url of a database of the PostgreSQL */
    urlFor(url: string): string {
      const through = new URL(url);
      through.port = String(port);
      return through.href;
    },
    async stop(): Promise<void> {
      const ended = once(process, 'exit');
      if (process.kill('SIGKILL')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('PgBouncer did not answer within 10 s');
}
