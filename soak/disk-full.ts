import { spawnSync } from 'node:child_process';
import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clients } from './helpers/clients.js';
import { twoPortraits } from './helpers/photos.js';
import { count, demand, report } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';

/**
 * Like `kill`, on a full disk and on one that becomes read-only: failed changes return `storage_failed`, acknowledged
 * changes remain, and a server that starts there still recognises.
 *
 *   npm run soak -- disk-full        (ROUNDS=40; needs permission to mount a tmpfs)
 */
const ROUNDS = count('ROUNDS', 40);
const CLIENTS = 3;
const SIZE_MB = 48;
const MOST_FREE_BYTES = 120_000;

const dataDir = await mkdtemp(join(tmpdir(), 'rostro-soak-full-'));
const run = (...command: string[]): boolean => spawnSync(command[0], command.slice(1)).status === 0;
if (process.platform === 'linux' && run('mount', '-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', dataDir)) {
  try {
    await soak();
  } finally {
    run('umount', dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
} else console.log('skipped: needs the right to mount a small tmpfs');

async function soak(): Promise<void> {
  const photos = await twoPortraits();
  const clients = new Clients(photos, { count: CLIENTS, expected: ['storage_failed'] });
  const seen = { startsOnFullDisk: 0, startsReadOnly: 0, recognised: 0 };
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const readOnly = round % 4 === 3;
    const server = await ServerProcess.start(dataDir);
    expectNothingStrange(server);
    await clients.check(server.url);
    const working = clients.run(server.url);
    await pause(700);
    if (readOnly) await makeReadOnly();
    else fill(Math.random() * MOST_FREE_BYTES);
    await Promise.race([working, pause(300 + Math.random() * 1000)]);
    await server.kill();
    await working;

    const onBadDisk = await ServerProcess.start(dataDir);
    seen[readOnly ? 'startsReadOnly' : 'startsOnFullDisk'] += 1;
    await clients.check(onBadDisk.url);
    seen.recognised += await recognise(onBadDisk.url, photos[0]);
    await onBadDisk.kill();
    if (readOnly) demand(run('mount', '-o', 'remount,rw', dataDir), 'the disk could not be made writable');
    await rm(join(dataDir, 'filler'), { force: true });
    if (round % 10 === 9) console.error(`${round + 1} of ${ROUNDS} rounds`);
  }
  const last = await ServerProcess.start(dataDir);
  await clients.check(last.url);
  demand((await last.stop()) === 0, 'the server did not end well');
  const left = readdirSync(join(dataDir, 'embeddings')).filter((name) => name.startsWith('.'));
  demand(left.length === 0, `left over: ${left.join(', ')}`);
  report('disk-full', {
    rounds: ROUNDS,
    'changes acknowledged': clients.total('acknowledged'),
    'changes refused with storage_failed': clients.total('refused'),
    'acknowledged and lost': 0,
    'half done': 0,
    'starts on the full disk': seen.startsOnFullDisk,
    'starts on the read-only disk': seen.startsReadOnly,
    'photos answered on a full or read-only disk': seen.recognised,
    seconds: Math.round((performance.now() - start) / 1000),
  });
}

/** Fails while a file is open for writing. */
async function makeReadOnly(): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (run('mount', '-o', 'remount,ro', dataDir)) return;
    await pause(5);
  }
  throw new Error('the disk could not be made read-only');
}

function expectNothingStrange({ notes }: ServerProcess): void {
  const strange = notes.filter((note) => !note.startsWith('the last stop interrupted a change'));
  demand(strange.length === 0, strange.join('; '));
}

/** Fills the disk except for about this many bytes. */
function fill(free: number): void {
  const { bavail, bsize } = statfsSync(dataDir);
  const bytes = Math.max(0, Math.floor(bavail * bsize - free));
  try {
    writeFileSync(join(dataDir, 'filler'), Buffer.alloc(bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

async function recognise(url: string, photo: Uint8Array): Promise<number> {
  const headers = { 'content-type': 'image/jpeg' };
  const reply = await fetch(`${url}/recognize`, { method: 'POST', headers, body: new Uint8Array(photo) });
  demand(reply.status === 200, `/recognize answers ${reply.status}`);
  return 1;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
