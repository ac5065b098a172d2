import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds dist/ once, so that tests which start the real command line do not each build it. */
export default function setup(): void {
  // As the command line does; tests that run networks themselves send nothing either.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.js', import.meta.url))], {
    stdio: 'inherit',
  });
}
