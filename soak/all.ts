import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Runs all long tests of this folder, or the named ones, each in its own process; fails when one of them fails.
 *
 *   npm run soak [-- NAME...]
 */
// Disables the telemetry of the runtime, as the command line does.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
const here = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'all.ts')
  .map((file) => file.slice(0, -3));
const names = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`there is no long test "${unknown}"; there are ${known.join(', ')}`);
const failed = names.filter((name) => {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `${here}${name}.ts`], { stdio: 'inherit' });
  return status !== 0;
});
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
