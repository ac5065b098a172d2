import { NearestMatcher } from '../src/matching/nearest.js';
import { SearchThread } from '../src/matching/search/search-thread.js';
import { memoryLogger } from '../test/helpers/log.js';
import { randomNumbers } from '../test/helpers/mtcnn-weights.js';
import { reportGrowth, sideBySide } from './support/harness.js';
import { NEAR, THREADS } from './support/setting.js';

/**
 * Time to name one face by the number of enrolled people, exact search in its thread: the nearest of 10 to 100,000
 * random unit vectors of 512 values, one example each.
 *
 *   npx tsx bench/growth-people.ts
 */
const PEOPLE = [10, 100, 1000, 10_000, 100_000];
const ROUNDS = { rounds: 15, warmUp: 2 };
const DIMENSION = 512;
const THRESHOLD = 1.1;
/** Minimum comparisons per round: one search of a small gallery is too short to time. */
const COMPARED = 10_000;

const random = randomNumbers(1);

function unitVector(): Float32Array {
  const values = Float32Array.from({ length: DIMENSION }, () => random() + random() + random());
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const everyone = Array.from({ length: Math.max(...PEOPLE) }, (_, i) => ({
  name: `person ${i}`,
  examples: [{ embedding: unitVector() }],
}));
const face = unitVector();

const galleries = PEOPLE.map((people) => {
  const thread = new SearchThread(
    { mode: 'exact', threads: THREADS, near: NEAR, folder: null, contract: 'bench' },
    memoryLogger([]),
  );
  const matcher = new NearestMatcher({ version: 1, people: () => everyone.slice(0, people) }, thread);
  const searches = Math.max(1, COMPARED / people);
  const run = async () => {
    for (let i = 0; i < searches; i++) await matcher.match([{ embedding: face }], THRESHOLD);
  };
  return { people, searches, candidate: { name: `${people} people`, run } };
});
const timings = await sideBySide(
  galleries.map(({ candidate }) => candidate),
  ROUNDS,
);
reportGrowth(
  'growth-people',
  galleries.map(({ people, searches }, i) => ({ people, searchMs: timings[i].median / searches })),
);
