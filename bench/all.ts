import { BARS, isReached } from './support/bars.js';
import { askedFor, runBench } from './support/run-bench.js';

/**
 * Runs the benches that have a bar, one process after the other, and tells which reach it.
 *
 *   npm run bench [-- NAME...]
 */
// The runtime tells its maker nothing, as under the command line.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
const rows = [];
for (const name of askedFor(Object.keys(BARS))) {
  const lines = (await runBench(name)).trim().split('\n');
  const result = JSON.parse(lines[lines.length - 1]) as Record<string, number>;
  for (const [figure, bar] of Object.entries(BARS[name])) {
    const value = result[figure];
    rows.push({ bench: name, figure, value, bar: `${bar.sign} ${bar.limit}`, reached: isReached(value, bar) });
  }
}
console.table(rows);
