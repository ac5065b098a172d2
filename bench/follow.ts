import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onePerson } from '../test/helpers/portraits.js';
import { startPostgres } from '../test/helpers/postgres.js';
import { quantile } from './support/harness.js';
import { withServer, type ServerProcess } from './support/server-process.js';

/**
 * Two servers on one PostgreSQL (commits wait for the disk): the time from the response to an enrolment until the other
 * server recognises the person. The other server is polled; one request takes about 2 ms.
 *
 *   npx tsx bench/follow.ts        (PEOPLE=200)
 */
const PEOPLE = Number(process.env.PEOPLE ?? 200);
const LONGEST_MS = 10_000;

const folder = await mkdtemp(join(tmpdir(), 'rostro-bench-follow-'));
const postgres = await startPostgres({ fsync: true });
const photo = new Uint8Array(await onePerson());
try {
  const DATABASE_URL = await postgres.newDatabase();
  const settings = (name: string) => ({
    DATABASE_URL,
    ROSTRO_DATA: join(folder, name),
    WORKERS: '1',
    RATE_LIMIT: '0',
    RATE_LIMIT_CHANGES: '0',
  });
  const { enrolMs, knownMs } = await withServer(settings('one'), (one) =>
    withServer(settings('other'), (other) => measure(one, other)),
  );
  const figures = {
    people: PEOPLE,
    enrolP50Ms: quantile(enrolMs, 0.5),
    knownP50Ms: quantile(knownMs, 0.5),
    knownP99Ms: quantile(knownMs, 0.99),
    knownMaxMs: Math.max(...knownMs),
  };
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(1))]));
  console.table(rounded);
  console.log(JSON.stringify({ bench: 'follow', ...rounded }));
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(one: ServerProcess, other: ServerProcess): Promise<{ enrolMs: number[]; knownMs: number[] }> {
  const [enrolMs, knownMs]: number[][] = [[], []];
  for (let i = 0; i < PEOPLE; i++) {
    const name = `Person ${i}`;
    const begun = performance.now();
    await enrol(one, name);
    const answered = performance.now();
    while (!(await knows(other, name))) {
      if (performance.now() - answered > LONGEST_MS) throw new Error(`${name} is not known after ${LONGEST_MS} ms`);
    }
    enrolMs.push(answered - begun);
    knownMs.push(performance.now() - answered);
  }
  return { enrolMs, knownMs };
}

async function enrol({ port }: ServerProcess, name: string): Promise<void> {
  const form = new FormData();
  form.append('name', name);
  form.append('file', new Blob([photo]), 'photo.jpg');
  const answer = await fetch(`http://127.0.0.1:${port}/upload`, { method: 'POST', body: form });
  if (answer.status !== 201) throw new Error(`enrolling was answered ${answer.status}: ${await answer.text()}`);
}

async function knows({ port }: ServerProcess, name: string): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/people/${encodeURIComponent(name)}`);
  await answer.arrayBuffer();
  return answer.ok;
}
