import { spawnSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clients } from './helpers/clients.js';
import { expectNoLeftovers, expectSound } from './helpers/gallery-checks.js';
import { twoPortraits } from './helpers/photos.js';
import { count, demand, report } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';

/**
 * Like `kill`, on a disk that fills up, and before a start on a read-only one: failed changes return `storage_failed`,
 * acknowledged changes remain, and a server that starts there still recognises.
 *
 *   npm run soak -- disk-full        (--rounds 40; needs permission to mount a tmpfs)
 */
const ROUNDS = count('rounds', 40);
const CLIENTS = 3;
const SIZE_MB = 48;
const MOST_FREE_BYTES = 120_000;

const dataDir = await mkdtemp(join(tmpdir(), 'rostro-soak-full-'));
const run = (...command: string[]): boolean => spawnSync(command[0], command.slice(1)).status === 0;
if (process.platform === 'linux' && run('mount', '-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', dataDir)) {
  try {
    await soak();
  } finally {
    await ServerProcess.killAll();
    await unmount();
    await rm(dataDir, { recursive: true, force: true });
  }
} else {
  await rm(dataDir, { recursive: true, force: true });
  console.log('skipped: needs Linux and permission to mount a tmpfs');
}

async function soak(): Promise<void> {
  const photos = await twoPortraits();
  const clients = new Clients(photos, { count: CLIENTS, expected: ['storage_failed'] });
  const seen = { startsOnFullDisk: 0, startsReadOnly: 0, recognised: 0 };
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const readOnly = round % 4 === 3;
    const server = await ServerProcess.start(dataDir);
    await clients.check(server.url);
    expectNoLeftovers(dataDir, clients);
    const working = clients.run(server.url);
    await pause(700);
    if (!readOnly) fill(Math.random() * MOST_FREE_BYTES);
    await Promise.race([working, pause(300 + Math.random() * 1000)]);
    await server.kill();
    await working;
    if (readOnly) await makeReadOnly();

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
  expectNoLeftovers(dataDir, clients);
  expectSound(dataDir);
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

/** Fails while a process has a file open for writing, as the audit log of a running server. */
async function makeReadOnly(): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (run('mount', '-o', 'remount,ro', dataDir)) return;
    await pause(5);
  }
  throw new Error('the disk could not be made read-only');
}

/** A worker of a killed server ends a moment after it. */
async function unmount(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (run('umount', dataDir)) return;
    await pause(50);
  }
  demand(run('umount', '--lazy', dataDir), `${dataDir} could not be unmounted`);
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
