import { NearestMatcher } from '../src/matching/nearest.js';
import { SearchThread } from '../src/matching/search/search-thread.js';
import { memoryLogger } from '../test/helpers/log.js';
import { report, sideBySide } from './support/harness.js';
import { peopleGallery } from './support/people-gallery.js';
import { NEAR, THREADS } from './support/setting.js';

/**
 * The exact search of 100,000 examples of 512 values for one face, from the query in the main thread to its result,
 * relative to one pass over the same 205 MB at memory speed: `memcmp` of the matrix with itself, single-threaded, which
 * reads each byte once. Also the search for eight faces at once, and in plain JavaScript.
 *
 *   npx tsx bench/search-100k.ts
 */
const PEOPLE = 20_000;
const EXAMPLES = 5;
const DIMENSION = 512;
const THRESHOLD = 1.1;
const ROUNDS = { rounds: 41, warmUp: 3 };

const { gallery, matrix, lookAt } = peopleGallery(PEOPLE, EXAMPLES, DIMENSION);
const questions = Array.from({ length: 8 }, (_, i) => ({ embedding: lookAt(i * 1000) }));
const open = (mode: 'exact' | 'plain') => {
  const spec = { mode, threads: THREADS, near: NEAR, folder: null, contract: 'bench' } as const;
  const thread = new SearchThread(spec, memoryLogger());
  return { thread, matcher: new NearestMatcher(gallery, thread) };
};
const [exact, plain] = [open('exact'), open('plain')];
const views = [0, 1].map(() => Buffer.from(matrix.buffer, matrix.byteOffset, matrix.byteLength));

const timings = await sideBySide(
  [
    { name: 'exact, one face', run: () => exact.matcher.match(questions.slice(0, 1), THRESHOLD) },
    { name: 'one pass over the memory', run: () => Promise.resolve(Buffer.compare(views[0], views[1])) },
    { name: 'exact, eight faces', run: () => exact.matcher.match(questions, THRESHOLD) },
    { name: 'plain JavaScript, one face', run: () => plain.matcher.match(questions.slice(0, 1), THRESHOLD) },
  ] as const,
  ROUNDS,
);
const [one, pass, eight, slow] = timings;
report('search-100k', timings, {
  ratio: one.median / pass.median,
  ratioEight: eight.median / pass.median,
  ratioPlain: slow.median / one.median,
});
await Promise.all([exact, plain].map(({ thread }) => thread.close()));
