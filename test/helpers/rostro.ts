import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real program, as a person would start it in `cwd`; it takes the embedded networks there. */
export function rostro(cwd: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd, env: environment() }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

/** The same, still running. */
export function startRostro(cwd: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { cwd, env: environment(), stdio: 'pipe' });
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, DETECTOR: '', EMBEDDER: '', WORKERS: '1' };
}
