import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { reportUnseen } from './answers/report.js';

/** Builds dist/ once, so that tests which start the real command line do not each build it. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  // As the command line does; tests that run networks themselves send nothing either.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.js', import.meta.url))], {
    stdio: 'inherit',
  });
  const answersFolder = await mkdtemp(join(tmpdir(), 'rostro-answers-'));
  provide('answersFolder', answersFolder);
  return async () => {
    await reportUnseen(answersFolder);
    await rm(answersFolder, { recursive: true, force: true });
  };
}
