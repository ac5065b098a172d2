import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FileAttendance } from '../../../src/attendance/file-attendance.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';

const ROUNDS = 5;
const child = fileURLToPath(new URL('../../helpers/attendance-child.ts', import.meta.url));

let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'rostro-attendance-'));
});
afterAll(() => rm(stateDir, { recursive: true }));

/** @returns the last number that was acknowledged before kill -9 */
function runAndKill(lifeMs: number): Promise<number> {
  const running = spawn(process.execPath, ['--import', 'tsx', child, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  running.stdout.on('data', (chunk: Buffer) => {
    if (told === '') setTimeout(() => running.kill('SIGKILL'), lifeMs);
    told += chunk.toString();
  });
  return new Promise((resolve) => running.on('close', () => resolve(Number(told.trim().split('\n').at(-1)))));
}

it('every mark that was acknowledged is there after kill -9', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await runAndKill(37 * (round + 1));
    const store = new FileAttendance(stateDir, plainVault);
    expect(await store.recover(new Set(['Ada', 'Bea']))).toEqual([]);
    const [session] = await store.list({ limit: 9 });
    const stored = Number(session.rows[0].note);
    // The next one may be stored without having been told.
    expect([acknowledged, acknowledged + 1]).toContain(stored);
    expect(session.rows.map(({ person }) => person)).toEqual(['Ada', 'Bea']);
  }
}, 120_000);
