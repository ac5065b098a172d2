import { requestedNames, runBench } from './support/run-bench.js';

/**
 * How the cost grows with the faces in a frame, its pixels, the clients and the enrolled people: runs the four scripts,
 * each in its own process. `bench/plot.ts` draws their output.
 *
 *   npx tsx bench/growth.ts [NAME...] | tee growth.log
 */
for (const name of requestedNames(['growth-faces', 'growth-pixels', 'growth-clients', 'growth-people']))
  await runBench(name);
