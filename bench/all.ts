import { BARS, isReached } from './support/bars.js';
import { requestedNames, runBench } from './support/run-bench.js';

/**
 * Runs the benches that have a bar, each in its own process, and reports which of them reach it.
 *
 *   npm run bench [-- NAME...]
 */
// Disables the telemetry of the runtime, as the command line does.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
const rows = [];
for (const name of requestedNames(Object.keys(BARS))) {
  const lines = (await runBench(name)).trim().split('\n');
  const result = JSON.parse(lines[lines.length - 1]) as Record<string, number>;
  for (const [figure, bar] of Object.entries(BARS[name])) {
    const value = result[figure];
    rows.push({ bench: name, figure, value, bar: `${bar.sign} ${bar.limit}`, reached: isReached(value, bar) });
  }
}
console.table(rows);
