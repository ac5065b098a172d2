import autocannon, { type Client, type Result } from 'autocannon';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRight } from './helpers/client.js';
import { loadPeople, type LoadPeople } from './helpers/load-people.js';
import { isGuest, LoadRequests, Tally } from './helpers/load-requests.js';
import { count, demand, report, secondsOf, SLACK } from './helpers/report.js';
import { ServerProcess } from './helpers/server-process.js';
import { watch } from './helpers/watch.js';

/**
 * 1, 16 and 256 clients that recognise, list, read, enrol and delete; 5 % of the requests are malformed, 2 %
 * hostile. No status above 499 except 503 with Retry-After, all names right, `/healthz` fast, memory flat.
 *
 *   npm run soak -- load        (--seconds 120 a stage, or --minutes 60; --clients 16 runs one stage)
 */
const SECONDS = secondsOf(120);
const ONE_STAGE = count('clients', 0);
const CLIENTS = ONE_STAGE === 0 ? [1, 16, 256] : [ONE_STAGE];
/**
 * From this number on, clients send one request per second, as an overloaded server asks with Retry-After: 1; fewer
 * clients send the next request when the last one is answered. `--paced 1` paces all, `--paced 100000` none.
 */
const PACED_FROM = count('paced', 64);
/** Paced clients start in groups within a second; otherwise all of autocannon's would send in the same millisecond. */
const GROUPS = 32;
const HEALTH_P99_MS = 50 * SLACK;
/** A quarter of a stage, at most ten minutes. */
const WARM_UP_SECONDS = Math.min(SECONDS / 4, 600);
/** From then on to the end: a share of the memory, and megabytes. In less than a minute not all networks are loaded. */
const MOST_GROWTH =
  SECONDS >= 1800 ? { share: 0.05, mb: 0 } : { share: 0, mb: SECONDS >= 60 ? 64 : Number.POSITIVE_INFINITY };
/** Timeout of a request, longer than the server may take. */
const ANSWER_SECONDS = 60;
const WRONG_WITHOUT_LOAD = 2;

const dataDir = await mkdtemp(join(tmpdir(), 'rostro-soak-load-'));
const everybody = await loadPeople(dataDir);
const unlimited = { RATE_LIMIT: '0', RATE_LIMIT_CHANGES: '0', PROVIDER: 'cpu', LOG_LEVEL: 'error', WORKERS: '' };
const server = await ServerProcess.start(dataDir, { ...unlimited, ...everybody.settings });
const broken: string[] = [];
try {
  await soak();
} finally {
  await server.kill();
  await rm(dataDir, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  for (const [name, bytes] of everybody.enrolled) {
    const { status } = await send(`/upload?name=${encodeURIComponent(name)}`, bytes);
    demand(status === 201, `enrolling ${name} is answered ${status}`);
  }
  const people = await withoutHardPhotos(everybody);
  const rows: Record<string, string> = {};
  for (const clients of CLIENTS) rows[`${clients} clients`] = await stage(clients, people);
  report('load', {
    networks: people.networks,
    'seconds a stage': SECONDS,
    'photos, of which the networks are wrong about some without load': `${everybody.photos.length}, ${everybody.photos.length - people.photos.length}`,
    ...rows,
    'promises broken': broken.length,
  });
  demand(broken.length === 0, broken.join('\n'));
}

/** Recognition errors are not tested here: photos with a wrong name on an idle server are skipped. */
async function withoutHardPhotos(people: LoadPeople): Promise<LoadPeople> {
  const photos = [];
  for (const photo of people.photos) {
    if (isRight((await send('/recognize', photo.bytes)).body, photo.expected)) photos.push(photo);
  }
  const wrong = people.photos.length - photos.length;
  demand(wrong <= WRONG_WITHOUT_LOAD, `${wrong} photos get a wrong name without any load`);
  return { ...people, photos };
}

/** @returns the row of the table */
async function stage(clients: number, people: LoadPeople): Promise<string> {
  const tally = new Tally();
  const requests = new LoadRequests(people, tally);
  let results: readonly Result[] = [];
  const watched = await watch(server, async () => (results = await drive(clients, requests)), {
    warmUpShare: WARM_UP_SECONDS / SECONDS,
  });
  await removeGuests();
  const { healthP99Ms, probes, failedProbes, memoryMb } = watched;
  const { seen, wrong } = tally;
  const { early, late } = memoryMb ?? { early: 0, late: 0 };
  const expect = (isKept: boolean, what: string) => {
    if (!isKept) broken.push(`${clients} clients: ${what}`);
  };
  expect(wrong.length === 0, wrong.join('\n'));
  const errors = results.reduce((sum, result) => sum + result.errors, 0);
  expect(errors === 0, `${errors} requests were not answered`);
  expect(seen.recognised > 0 && seen.malformed > 0, 'no photo or no malformed request was answered');
  expect(failedProbes.length === 0, `/healthz failed ${failedProbes.length} times: ${failedProbes[0]}`);
  expect(healthP99Ms < HEALTH_P99_MS, `/healthz took ${healthP99Ms.toFixed(1)} ms (99th percentile)`);
  expect(late - early <= MOST_GROWTH.mb + MOST_GROWTH.share * early, `memory grew from ${early} to ${late} MB`);
  const memory = memoryMb === null ? 'memory not told' : `memory ${early} to ${late} MB`;
  const text =
    `${seen.requests} answers, ${seen.recognised} photos recognised, ${seen.malformed} malformed and ` +
    `${seen.hostile} hostile refused, ${seen.enrolled} enrolled, ${seen.deleted} deleted, ${seen.busy} told to wait, ${wrong.length} wrong; ` +
    `/healthz p99 ${healthP99Ms.toFixed(1)} ms of ${probes}; ${memory}`;
  console.error(`${clients} clients: ${text}`);
  return text;
}

/** All clients of a stage. */
function drive(clients: number, requests: LoadRequests): Promise<readonly Result[]> {
  let next = 0;
  const setupClient = (client: Client) => client.setRequests(requests.of(next++));
  const options = { url: server.url, duration: SECONDS, timeout: ANSWER_SECONDS, setupClient };
  if (clients < PACED_FROM) return Promise.all([autocannon({ ...options, connections: clients })]);
  const groups = Math.min(GROUPS, clients);
  return Promise.all(
    Array.from({ length: groups }, async (_, group) => {
      await new Promise((resolve) => setTimeout(resolve, (1000 * group) / groups));
      const connections = Math.floor((clients + group) / groups);
      return autocannon({ ...options, connections, connectionRate: 1 });
    }),
  );
}

/** Removes guests left over at the end of a stage; otherwise only the enrolled people may be present. */
async function removeGuests(): Promise<void> {
  for (;;) {
    const reply = await fetch(`${server.url}/people?size=100`);
    const { people } = (await reply.json()) as { people: { name: string }[] };
    const guests = people.map(({ name }) => name).filter(isGuest);
    if (guests.length === 0) {
      demand(people.length === everybody.enrolled.size, `${people.length} people are left`);
      return;
    }
    for (const name of guests) await fetch(`${server.url}/people/${encodeURIComponent(name)}`, { method: 'DELETE' });
  }
}

async function send(path: string, bytes: Uint8Array): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'image/png' };
  const reply = await fetch(server.url + path, { method: 'POST', headers, body: new Uint8Array(bytes) });
  return { status: reply.status, body: await reply.text() };
}
