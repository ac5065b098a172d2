import { fork } from 'node:child_process';
import { threadFile } from '../thread-file.js';
import type { Trial, Verdict } from './verdict.js';

/** Longer than drivers take to compile their programs for the first time. */
const PATIENCE_MS = 60_000;

/**
 * Runs the trial in a process of its own and kills it. A driver that crashes, hangs or is not there is a verdict, never a
 * failure.
 */
export function tryProvider(trial: Trial, patienceMs = PATIENCE_MS): Promise<Verdict> {
  const { filename, execArgv = [] } = threadFile('trial-process', import.meta.url);
  // Drivers write to the terminal as they please.
  const child = fork(filename, { execArgv, stdio: 'ignore' });
  return new Promise<Verdict>((resolve) => {
    const refuse = (reason: string) => resolve({ works: false, reason });
    const patience = setTimeout(() => refuse(`it gave no answer in ${patienceMs / 1000} seconds`), patienceMs);
    child.once('message', (verdict: Verdict) => resolve(verdict));
    child.on('error', (error) => refuse(`it could not be tried: ${error.message}`));
    child.once('exit', (code, signal) => {
      clearTimeout(patience);
      refuse(`its driver ended the process that tried it (${signal ?? `exit code ${code}`})`);
    });
    child.send(trial);
  }).finally(() => child.kill('SIGKILL'));
}
