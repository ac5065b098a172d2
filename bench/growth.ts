import { askedFor, runBench } from './support/run-bench.js';

/**
 * How the cost grows with the faces in a frame, its pixels, the clients and the people enrolled: the four scripts, one
 * process after the other. `bench/plot.ts` draws what they print.
 *
 *   npx tsx bench/growth.ts [NAME...] | tee growth.log
 */
for (const name of askedFor(['growth-faces', 'growth-pixels', 'growth-clients', 'growth-people'])) await runBench(name);
