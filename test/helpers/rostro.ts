import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));
/** Writes down what it answers, for `answers/setup.ts`. */
const recorder = new URL('answers/preload.js', import.meta.url).href;

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real program, as a person would start it in `cwd`; it takes the networks that it finds there. */
export function rostro(cwd: string, ...args: string[]): Promise<Run> {
  return rostroWith({}, cwd, ...args);
}

/** The same with settings of its own. */
export function rostroWith(settings: NodeJS.ProcessEnv, cwd: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd, env: { ...environment(), ...settings } }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

/** The same, still running. */
export function startRostro(cwd: string, ...args: string[]): ChildProcess {
  return startRostroWith({}, cwd, ...args);
}

/** The same with settings of its own. */
export function startRostroWith(settings: NodeJS.ProcessEnv, cwd: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { cwd, env: { ...environment(), ...settings }, stdio: 'pipe' });
}

function environment(): NodeJS.ProcessEnv {
  const NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', `--import=${recorder}`].join(' ');
  return { ...process.env, NODE_OPTIONS, DETECTOR: '', EMBEDDER: '', PROVIDER: 'cpu', WORKERS: '1', THREADS: '1' };
}

/** What a command printed with `--json`: one object a line. */
export function jsonLines<T = Record<string, unknown>>(out: string): T[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
