import { isDeepStrictEqual } from 'node:util';
import { openDatabase } from '../src/gallery/postgres/migrate.js';
import { openPgGallery } from '../src/gallery/postgres/open-pg-gallery.js';
import type { PgGallery } from '../src/gallery/postgres/pg-gallery.js';
import { plainVault } from '../src/gallery/sealing/vault.js';
import { contract, exampleOf } from '../test/helpers/gallery-fixture.js';
import { memoryLogger } from '../test/helpers/log.js';
import { query, startPostgres } from '../test/helpers/postgres.js';
import { tcpProxy } from '../test/helpers/tcp-proxy.js';
import { count, demand, report } from './helpers/report.js';

/**
 * Is any change missed? The galleries of three servers on one PostgreSQL, two of them with connections that are cut,
 * each changing people continuously; the database ends connections as well. In the end all acknowledged changes must be
 * present, and all servers must see the same as one that starts then.
 *
 *   npm run soak -- follow        (--changes 5000)
 */
const CHANGES = count('changes', 5000);
const PEOPLE = 40;
const CUT_EVERY = 150;
const END_EVERY = 400;
const CATCH_UP_MS = 30_000;

const postgres = await startPostgres({ fsync: true });
const lines = [await tcpProxy(postgres.port), await tcpProxy(postgres.port)];
const start = performance.now();
const counted = { made: 0, refused: 0, cuts: 0, ended: 0 };
/** Acknowledged changes per server; each server has its own people. */
const acknowledged = new Map<string, number>();
const uncertain = new Set<string>();
const closing: (() => Promise<void>)[] = [];
try {
  const url = await postgres.newDatabase();
  const galleries: PgGallery[] = [];
  for (const port of [postgres.port, ...lines.map((line) => line.port)]) {
    galleries.push(await open(url.replace(`:${postgres.port}/`, `:${port}/`)));
  }
  const isDone = (): boolean => counted.made >= CHANGES;
  await Promise.all([...galleries.map((gallery, i) => change(gallery, i, isDone)), disturb(url, isDone)]);
  for (const line of lines) line.restore();
  const slowest = await Promise.all(galleries.map(untilConnected));
  const fresh = await open(url);
  const differ = await untilSame(galleries, fresh);
  demand(differ === 0, `${differ} servers see other people than one that starts now`);
  const [{ last, kept }] = await query(
    url,
    'SELECT last_change AS last, (SELECT count(*) FROM rostro.changes) AS kept FROM rostro.gallery',
  );
  demand(Number(last) === Number(kept), `${String(kept)} changes are kept, the last one has number ${String(last)}`);
  const lost = [...acknowledged].filter(([name, n]) => !uncertain.has(name) && examplesOf(fresh, name) !== n);
  demand(lost.length === 0, `not as acknowledged: ${lost.map(([name]) => name).join(', ')}`);
  report('follow', {
    servers: galleries.length,
    'changes acknowledged': counted.made,
    'changes in the database': Number(last),
    'changes refused while cut off': counted.refused,
    'lines cut': counted.cuts,
    'times that the database ended all connections': counted.ended,
    'people whose last change nobody could tell the end of': uncertain.size,
    missed: 0,
    'caught up after, ms at most': Math.round(Math.max(...slowest)),
    seconds: Math.round((performance.now() - start) / 1000),
  });
} finally {
  for (const close of closing.reverse()) await close();
  for (const line of lines) await line.close();
  await postgres.stop();
}

async function open(url: string): Promise<PgGallery> {
  const database = await openDatabase(url);
  const gallery = await openPgGallery({ database, contract, vault: plainVault, log: memoryLogger([]) });
  closing.push(() => gallery.close().then(() => database.close()));
  return gallery;
}

/** The clients of one server: they add examples to its people and remove some. */
async function change(gallery: PgGallery, server: number, isDone: () => boolean): Promise<void> {
  for (let i = 0; !isDone(); i++) {
    const name = `${server}-${i % PEOPLE}`;
    const before = acknowledged.get(name) ?? 0;
    const isRemoval = before > 3;
    try {
      if (isRemoval) await gallery.removePerson(name);
      else await gallery.add(name, exampleOf(i));
      acknowledged.set(name, isRemoval ? 0 : before + 1);
      counted.made += 1;
    } catch (error) {
      counted.refused += 1;
      if ((error as Error).message.includes('is not known')) uncertain.add(name);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function disturb(url: string, isDone: () => boolean): Promise<void> {
  let [nextCut, nextEnd] = [CUT_EVERY, END_EVERY];
  while (!isDone()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (counted.made >= nextCut) {
      const line = lines[counted.cuts++ % lines.length];
      line.cut();
      setTimeout(() => {
        line.restore();
      }, Math.random() * 400);
      nextCut = counted.made + CUT_EVERY;
    }
    if (counted.made >= nextEnd) {
      counted.ended += 1;
      await query(url, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
        'rostro',
      ]);
      nextEnd = counted.made + END_EVERY;
    }
  }
}

/** @returns milliseconds */
async function untilConnected(gallery: PgGallery): Promise<number> {
  const since = performance.now();
  while (!gallery.isConnected && performance.now() - since < CATCH_UP_MS) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - since;
}

/** @returns the number of servers that still see other people after the timeout */
async function untilSame(galleries: readonly PgGallery[], fresh: PgGallery): Promise<number> {
  const differ = () => galleries.filter((gallery) => !isDeepStrictEqual(gallery.people(), fresh.people())).length;
  const since = performance.now();
  while (differ() > 0 && performance.now() - since < CATCH_UP_MS)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return differ();
}

function examplesOf(gallery: PgGallery, name: string): number {
  return gallery.people().find((person) => person.name === name)?.examples.length ?? 0;
}
