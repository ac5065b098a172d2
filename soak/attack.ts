import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyFile } from '../src/access/key-file.js';
import type { Scope } from '../src/access/key.js';
import { type Attack, ATTACKS, pause, post } from './helpers/attacks.js';
import { isRight } from './helpers/client.js';
import { loadPeople } from './helpers/load-people.js';
import { demand, secondsOf, SLACK } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';
import { watch } from './helpers/watch.js';

/**
 * What can an attacker with the smallest key, or with none, do to others? One attack after the other on a server of its
 * own, each for some seconds. Meanwhile `/healthz` must be fast, and another client must get right names in time.
 *
 *   npm run soak -- attack        (--seconds 10 an attack)
 */
const SECONDS = secondsOf(10);
/** During attacks without a key. */
const HEALTH_P99_MS = 50 * SLACK;
/** Of the other client. */
const RECOGNISE_P99_MS = 2000 * SLACK;
const READY_MS = 5000 * SLACK;

const dataDir = await mkdtemp(join(tmpdir(), 'rostro-soak-attack-'));
const everybody = await loadPeople(dataDir);
const [name, enrolledPhoto] = [...everybody.enrolled][0];
const photo = everybody.photos.find(({ expected }) => expected === name)!;
await writeFile(join(dataDir, 'photo'), photo.bytes);
const keyFile = new KeyFile(join(dataDir, '.state'));
const newKey = async (scope: Scope) => (await keyFile.create({ scope, name: scope, expiresAt: null })).key;
const adminKey = await newKey('admin');
const other = { key: await newKey('recognise'), photo: join(dataDir, 'photo'), name };
const settings = { LOG_LEVEL: 'silent', WORKERS: '', ...everybody.settings };
const server = await ServerProcess.start(dataDir, settings);
const broken: string[] = [];
try {
  await soak();
} finally {
  await ServerProcess.killAll();
  await rm(dataDir, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  const enrolled = await post(`${server.url}/upload?name=${encodeURIComponent(name)}`, adminKey, enrolledPhoto);
  demand(enrolled.status === 201, `enrolling is answered ${enrolled.status}`);
  const recognised = await (await post(`${server.url}/recognize`, other.key, photo.bytes)).text();
  demand(isRight(recognised, name), `without any attack: ${recognised}`);
  const rows = [];
  for (const attack of ATTACKS) rows.push(await suffer(attack, await newKey('recognise')));
  console.table(rows);
  console.log(JSON.stringify({ soak: 'attack', networks: everybody.networks, seconds: SECONDS, rows }));
  demand(broken.length === 0, broken.join('\n'));
}

/** @returns the row of the table */
async function suffer({ name, hasKey, run }: Attack, key: string): Promise<Record<string, string | number>> {
  const answers = new Map<string, number>();
  const expect = (isKept: boolean, what: string) => {
    if (!isKept) broken.push(`${name}: ${what}`);
  };
  const work = async () => {
    const end = performance.now() + 1000 * SECONDS;
    const saw = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);
    const by = { url: server.url, key, otherKey: other.key, adminKey, photo: photo.bytes };
    await run({ ...by, saw, isOver: () => performance.now() > end }).catch((error: unknown) => {
      expect(false, (error as Error).message);
    });
  };
  const watched = await watch(server, work, { other });
  const { healthP50Ms, healthP99Ms, failedProbes, recogniseP99Ms, recognised, wrong, memoryPeakMb } = watched;
  expect(failedProbes.length === 0, `/healthz failed ${failedProbes.length} times: ${failedProbes[0]}`);
  expect(wrong.length === 0, `${wrong.length} of ${recognised} photos were not recognised: ${wrong[0]}`);
  expect(hasKey || healthP99Ms < HEALTH_P99_MS, `/healthz took ${healthP99Ms.toFixed(1)} ms (99th percentile)`);
  expect(recogniseP99Ms < RECOGNISE_P99_MS, `/recognize took ${recogniseP99Ms.toFixed()} ms (99th percentile)`);
  expect(await isReadyWithin(READY_MS), 'the server was not ready afterwards');
  const sorted = [...answers].sort(([, a], [, b]) => b - a);
  const row = {
    attack: name,
    key: hasKey ? 'recognise' : 'none',
    answers: sorted
      .slice(0, 3)
      .map(([answer, times]) => `${times} × ${answer}`)
      .join(', '),
    '/healthz p50, ms': Number(healthP50Ms.toFixed(1)),
    '/healthz p99, ms': Number(healthP99Ms.toFixed(1)),
    '/recognize p99, ms': Math.round(recogniseP99Ms),
    recognised: `${recognised - wrong.length} of ${recognised}`,
    'peak memory, MB': memoryPeakMb,
  };
  console.error(Object.values(row).join(' | '));
  return row;
}

async function isReadyWithin(milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await pause(50)) {
    if ((await fetch(`${server.url}/readyz`)).status === 200) return true;
  }
  return false;
}
