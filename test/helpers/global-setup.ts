import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { reportUnseen } from './answers/report.js';
import { oncePerRun } from './per-run.js';

/** Builds dist/ once, so that tests which start threads or the real command line do not each build it. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { value, release } = await oncePerRun('answers', prepare, removeAnswers);
  provide('answersFolder', value);
  return release;
}

/** @returns the folder for the answers of servers */
async function prepare(): Promise<string> {
  // As the command line does; tests that run networks themselves send nothing either.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const build = fileURLToPath(new URL('../../scripts/build.js', import.meta.url));
  execFileSync(process.execPath, [build], { stdio: 'inherit' });
  return mkdtemp(join(tmpdir(), 'rostro-answers-'));
}

async function removeAnswers(folder: string): Promise<void> {
  await reportUnseen(folder);
  await rm(folder, { recursive: true, force: true });
}
