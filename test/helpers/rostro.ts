import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/cli/main.js';
import { testNetworks } from './networks.js';

const bin = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));
/** Records the responses for `answers/setup.ts`. */
const recorder = new URL('answers/preload.js', import.meta.url).href;

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process as if in the folder `cwd`, with the networks there. */
export function rostro(cwd: string, ...args: string[]): Promise<Run> {
  return rostroWith({}, cwd, ...args);
}

/** The same with settings of its own. One command runs at a time: the working folder belongs to the process. */
export function rostroWith(settings: NodeJS.ProcessEnv, cwd: string, ...args: string[]): Promise<Run> {
  const run = previous.then(() => runHere(settings, cwd, args));
  previous = run.catch(() => undefined);
  return run;
}

let previous: Promise<unknown> = Promise.resolve();

async function runHere(settings: NodeJS.ProcessEnv, cwd: string, args: readonly string[]): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  const home = process.cwd();
  process.chdir(cwd);
  try {
    const code = await main(args, {
      env: { ...environment(dataFolder(settings, cwd, args)), ...settings },
      stdout,
      stderr,
    });
    stdout.end();
    stderr.end();
    const [out, err] = await written;
    return { code, out, err };
  } finally {
    process.chdir(home);
  }
}

/** Runs the real program in its own process. */
export function spawnRostro(settings: NodeJS.ProcessEnv, cwd: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { cwd, env: spawnEnvironment(settings, dataFolder(settings, cwd, args)) },
      (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
      },
    );
  });
}

/** The same, still running. */
export function startRostro(cwd: string, ...args: string[]): ChildProcess {
  return startRostroWith({}, cwd, ...args);
}

/** The same with settings of its own. */
export function startRostroWith(settings: NodeJS.ProcessEnv, cwd: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [bin, ...args], {
    cwd,
    env: spawnEnvironment(settings, dataFolder(settings, cwd, args)),
    stdio: 'pipe',
  });
}

/** `rostro serve` in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts one on a free port. The caller ends the process. */
export async function serveRostro(settings: NodeJS.ProcessEnv, dataDir: string): Promise<ServerProcess> {
  const process = startRostroWith({ LOG_LEVEL: 'error', ...settings }, dataDir, 'serve', '--port', '0');
  for await (const line of createInterface({ input: process.stdout! })) {
    const url = /listens on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return { url, process };
  }
  throw new Error('the server ended');
}

/** Kills those that still run. */
export async function killServers(servers: readonly ServerProcess[]): Promise<void> {
  const running = servers.filter(({ process }) => process.exitCode === null && process.signalCode === null);
  await Promise.all(
    running.map(({ process }) => {
      process.kill('SIGKILL');
      return once(process, 'exit');
    }),
  );
}

function dataFolder({ ROSTRO_DATA }: NodeJS.ProcessEnv, cwd: string, args: readonly string[]): string {
  const flag = args.indexOf('--data');
  return resolvePath(cwd, flag === -1 ? (ROSTRO_DATA ?? '.') : args[flag + 1]);
}

function environment(dataDir: string): NodeJS.ProcessEnv {
  return { ...process.env, ...testNetworks(dataDir), PROVIDER: 'cpu', WORKERS: '1', THREADS: '1' };
}

function spawnEnvironment(settings: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  const NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', `--import=${recorder}`].join(' ');
  return { ...environment(dataDir), NODE_OPTIONS, ...settings };
}

/** The output of `--json`: one object per line. */
export function jsonLines<T = Record<string, unknown>>(out: string): T[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
