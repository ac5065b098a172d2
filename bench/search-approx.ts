import { freemem, loadavg } from 'node:os';
import { euclideanDistance, type Match } from '../src/matching/matcher.js';
import { NearestMatcher } from '../src/matching/nearest.js';
import { SearchThread } from '../src/matching/search/search-thread.js';
import { loadUsearch } from '../src/matching/search/usearch.js';
import { memoryLogger } from '../test/helpers/log.js';
import { quantile } from './support/harness.js';
import { peopleGallery, SPACE } from './support/people-gallery.js';
import { NEAR, THREADS } from './support/setting.js';

/**
 * The approximate search for one face, from the query in the main thread to its result, in galleries clustered like
 * people with five examples each. Queries are new photos of 2,000 enrolled people and of 500 strangers. The truth comes from
 * comparing all examples, in the dimensions that they were made of, and the eight nearest again with all values.
 * `recall`: how often the nearest example of an enrolled person's photo is found; `recallStrangers`: of a stranger's photo;
 * `runnerUp`: how often the second person is the same as well; `decisions`: how often the name, or that there is none, is
 * the same, at a threshold that one of a hundred enrolled people misses. `buildS` is the time from an empty index to the first
 * approximate search. A million examples of 512 values need 7 GB of free memory and minutes; a set that does not fit is skipped.
 *
 *   npx tsx bench/search-approx.ts         (SETS=100k,1mx192,1mx512)
 */
const SETS = [
  { name: '100k', people: 20_000, dimension: 512 },
  { name: '1mx192', people: 200_000, dimension: 192 },
  { name: '1mx512', people: 200_000, dimension: 512 },
].filter(({ name }) => process.env.SETS?.split(',').includes(name) ?? true);
const EXAMPLES = 5;
const [ENROLLED, STRANGERS] = [2000, 500];
/** Queries that are compared with all examples at once. */
const AT_ONCE = 4;
const NEAREST = 8;
const THRESHOLD = 0.75;
/** Copies of all examples: the gallery, the index, and the message between them. */
const COPIES = 3;
const BUILD_LIMIT_MS = 60 * 60_000;

interface Nearest {
  readonly person: string;
  readonly distance: number;
}

const result: Record<string, number> = {};
for (const set of SETS) {
  const bytes = (COPIES * 4 * set.dimension + 500) * set.people * EXAMPLES;
  if (bytes > freemem()) console.log(`${set.name}: needs ${(bytes / 1e9).toFixed(1)} GB of free memory`);
  else for (const [figure, value] of Object.entries(await measure(set))) result[`${figure}${set.name}`] = value;
}
console.table(result);
console.log(JSON.stringify({ bench: 'search-approx', ...result }));

async function measure({ people, dimension }: (typeof SETS)[number]): Promise<Record<string, number>> {
  const { gallery, matrix, lookAt } = peopleGallery(people, EXAMPLES, dimension, STRANGERS);
  const faces = Array.from({ length: ENROLLED + STRANGERS }, (_, i) =>
    lookAt(i < ENROLLED ? Math.floor((i * people) / ENROLLED) : people + i - ENROLLED),
  );
  const logged: string[] = [];
  const thread = new SearchThread({ mode: 'approximate', threads: THREADS, near: NEAR }, memoryLogger(logged));
  const matcher = new NearestMatcher(gallery, thread);
  const begun = performance.now();
  matcher.sync();
  while (logged.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (performance.now() - begun > BUILD_LIMIT_MS) throw new Error('the search was not ready in an hour');
  }
  const buildS = (performance.now() - begun) / 1000;
  const times: number[] = [];
  const found: Match[] = [];
  const before = process.cpuUsage();
  for (const embedding of faces) {
    const start = performance.now();
    const [match] = await matcher.match([{ embedding }], THRESHOLD);
    times.push(performance.now() - start);
    found.push(match);
  }
  const { user, system } = process.cpuUsage(before);
  await thread.close();
  const truth = await nearestOf(faces, matrix, dimension);
  const share = (from: number, to: number, isSame: (match: Match, truth: readonly Nearest[]) => boolean) =>
    found.slice(from, to).filter((match, i) => isSame(match, truth[from + i])).length / (to - from);
  const isFound = ({ distance }: Match, [first]: readonly Nearest[]) => distance === first.distance;
  return {
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    cpuMs: (user + system) / 1000 / faces.length,
    recall: share(0, ENROLLED, isFound),
    recallStrangers: share(ENROLLED, faces.length, isFound),
    runnerUp: share(0, ENROLLED, ({ runnerUp }, [first, ...others]) => {
      return runnerUp?.distance === others.find(({ person }) => person !== first.person)?.distance;
    }),
    decisions: share(0, faces.length, (match, [first]) => {
      return match.name === (first.distance <= THRESHOLD ? first.person : null);
    }),
    namedStrangers: share(ENROLLED, faces.length, (_, [first]) => first.distance <= THRESHOLD),
    buildS,
    load: loadavg()[0],
  };
}

/** @returns for each face the nearest examples */
async function nearestOf(
  faces: readonly Float32Array[],
  matrix: Float32Array,
  dimension: number,
): Promise<Nearest[][]> {
  const library = await loadUsearch();
  const rows = matrix.length / dimension;
  const part = new Float32Array(rows * SPACE);
  for (let row = 0; row < rows; row++) part.set(matrix.subarray(row * dimension, row * dimension + SPACE), row * SPACE);
  const nearest: Nearest[][] = [];
  for (let at = 0; at < faces.length; at += AT_ONCE) {
    const some = faces.slice(at, at + AT_ONCE);
    const queries = Float32Array.from(some.flatMap((face) => [...face.subarray(0, SPACE)]));
    library.nearestRows(part, queries, SPACE, NEAREST, THREADS).forEach((found, i) => {
      const measured = found.map((row) => ({
        person: `person ${Math.floor(row / EXAMPLES)}`,
        distance: euclideanDistance(matrix.subarray(row * dimension, (row + 1) * dimension), some[i]),
      }));
      nearest.push(measured.sort((a, b) => a.distance - b.distance));
    });
  }
  return nearest;
}
