import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Match } from '../src/matching/matcher.js';
import { NearestMatcher } from '../src/matching/nearest.js';
import type { SearchThreadSpec } from '../src/matching/search/search-messages.js';
import { SearchThread } from '../src/matching/search/search-thread.js';
import { memoryLogger } from '../test/helpers/log.js';
import { quantile } from './support/harness.js';
import { peopleGallery } from './support/people-gallery.js';
import { NEAR, THREADS } from './support/setting.js';

/**
 * The approximate search for one face, from the query in the main thread to its result, in galleries clustered like
 * people with five examples each: time, and how often it finds the same example as the exact search (both compute
 * distances identically, so equal distances mean the same example). Queries are new photos of enrolled people. `build`
 * is the time from an empty index to a saved graph, `runnerUp` how often the second person is the same as well.
 *
 *   npx tsx bench/search-approx.ts
 */
const SETS = [
  { name: '100k', people: 20_000, dimension: 512 },
  { name: '1m', people: 200_000, dimension: 128 },
];
const EXAMPLES = 5;
const FACES = 2000;
const AT_ONCE = 50;
const THRESHOLD = 1.1;

const folder = await mkdtemp(join(tmpdir(), 'rostro-bench-search-'));
const result: Record<string, number> = {};
try {
  for (const set of SETS) {
    const rows = await measure(set);
    for (const [figure, value] of Object.entries(rows)) result[`${figure}${set.name}`] = value;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.table(result);
console.log(JSON.stringify({ bench: 'search-approx', ...result }));

async function measure({ name, people, dimension }: (typeof SETS)[number]): Promise<Record<string, number>> {
  const { gallery, lookAt } = peopleGallery(people, EXAMPLES, dimension);
  const faces = Array.from({ length: FACES }, (_, i) => lookAt(Math.floor((i * people) / FACES)));
  const saved = join(folder, name);
  const open = (spec: Pick<SearchThreadSpec, 'mode' | 'folder'>) => {
    const thread = new SearchThread({ threads: THREADS, near: NEAR, contract: 'bench', ...spec }, memoryLogger());
    return { thread, matcher: new NearestMatcher(gallery, thread) };
  };
  const begun = performance.now();
  const first = open({ mode: 'approximate', folder: saved });
  first.matcher.sync();
  while (!existsSync(saved)) await new Promise((resolve) => setTimeout(resolve, 100));
  const buildS = (performance.now() - begun) / 1000;
  const times: number[] = [];
  const found: Match[] = [];
  for (const embedding of faces) {
    const start = performance.now();
    const [match] = await first.matcher.match([{ embedding }], THRESHOLD);
    times.push(performance.now() - start);
    found.push(match);
  }
  await first.thread.close();
  const exact = open({ mode: 'exact', folder: null });
  let [same, sameRunnerUp] = [0, 0];
  for (let at = 0; at < FACES; at += AT_ONCE) {
    const some = faces.slice(at, at + AT_ONCE).map((embedding) => ({ embedding }));
    const truth = await exact.matcher.match(some, THRESHOLD);
    truth.forEach(({ distance, runnerUp }, i) => {
      if (distance === found[at + i].distance) same++;
      if (runnerUp?.distance === found[at + i].runnerUp?.distance) sameRunnerUp++;
    });
  }
  await exact.thread.close();
  return {
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    recall: same / FACES,
    runnerUp: sameRunnerUp / FACES,
    buildS,
  };
}
