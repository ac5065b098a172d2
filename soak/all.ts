import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Runs all long tests of this folder, or the named ones, each in its own process; fails when one of them fails.
 * Options such as `--rounds 500` go to each of them.
 *
 *   npm run soak [-- NAME...] [--OPTION NUMBER...]
 */
// Disables the telemetry of the runtime, as the command line does.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
const here = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'all.ts')
  .map((file) => file.slice(0, -3));
const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith('--'));
const [chosen, options] = firstOption === -1 ? [given, []] : [given.slice(0, firstOption), given.slice(firstOption)];
const unknown = chosen.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`there is no long test "${unknown}"; there are ${known.join(', ')}`);
const failed = (chosen.length > 0 ? chosen : known).filter((name) => {
  const command = ['--import', 'tsx', `${here}${name}.ts`, ...options];
  return spawnSync(process.execPath, command, { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
