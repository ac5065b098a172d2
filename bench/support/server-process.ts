import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** `rostro serve` in its own process, so that clients do not use its thread. */
export interface ServerProcess {
  readonly port: number;
  /** Milliseconds from the start of the process until its networks have run. */
  readonly readyMs: number;
  /** Resident memory of the process, MB of 2^20 bytes. */
  residentMb(): Promise<number>;
  /** CPU time of the process and its workers so far, milliseconds. */
  cpuMs(): Promise<number>;
  /** Limits the process to one core, as on a smaller machine. */
  confineTo(core: number): void;
}

const BIN = fileURLToPath(new URL('../../bin/rostro.js', import.meta.url));
const ADDRESS = /^Rostro listens on http:\/\/localhost:(\d+)$/;

/** Runs `work` while a server runs, then stops it. */
export async function withServer<T>(
  settings: Readonly<Record<string, string>>,
  work: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const env = { ...process.env, LOG_LEVEL: 'warn', ...settings, HOST: '127.0.0.1', PORT: '0' };
  const start = performance.now();
  const child = spawn(process.execPath, [BIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await portOf(child);
    const readyMs = performance.now() - start;
    const pid = child.pid!;
    return await work({
      port,
      readyMs,
      residentMb: () => residentMb(pid),
      cpuMs: () => cpuMs(pid),
      confineTo: (core) => void execFileSync('taskset', ['-acp', String(core), String(pid)]),
    });
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
}

/** The server prints its address as its last line, after its networks have run. */
async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = ADDRESS.exec(line);
    if (found !== null) return Number(found[1]);
  }
  throw new Error('the server ended before it was ready');
}

/** With the workers, shared pages once. */
async function residentMb(pid: number): Promise<number> {
  const parts = (await withWorkers(pid)).map(async (part) => {
    const memory = await readFile(`/proc/${part}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(memory)?.[1]) / 1024;
  });
  return sum(await Promise.all(parts));
}

/** `proc(5)` counts in clock ticks, a hundred a second on Linux; fields 14 and 15 of `stat` are user and system time. */
async function cpuMs(pid: number): Promise<number> {
  const parts = (await withWorkers(pid)).map(async (part) => {
    const afterName = (await readFile(`/proc/${part}/stat`, 'utf8')).split(') ')[1].split(' ');
    return 10 * (Number(afterName[11]) + Number(afterName[12]));
  });
  return sum(await Promise.all(parts));
}

/** The process ids of a server and its workers. */
async function withWorkers(pid: number): Promise<string[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
  return [String(pid), ...children];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
