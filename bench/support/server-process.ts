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
  /** Resident memory of the process and its workers, MB of 2^20 bytes. */
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

/**
 * With the workers: the memory of each, and once each page of a file that one of them has loaded. `Pss` would count less of
 * a file that other programs on the machine use too.
 */
async function residentMb(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
  const files = new Map<string, number>();
  let kilobytes = 0;
  for (const part of [String(pid), ...children]) {
    const maps = await readFile(`/proc/${part}/smaps`, 'utf8');
    for (const [, place, resident, own] of maps.matchAll(MAPPING)) {
      kilobytes += Number(own);
      files.set(place, Math.max(files.get(place) ?? 0, Number(resident) - Number(own)));
    }
  }
  for (const shared of files.values()) kilobytes += shared;
  return kilobytes / 1024;
}

/** `proc(5)` counts in clock ticks, a hundred a second on Linux; fields 14 and 15 of `stat` are user and system time. */
async function cpuMs(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
  let ticks = 0;
  for (const part of [String(pid), ...children]) {
    const afterName = (await readFile(`/proc/${part}/stat`, 'utf8')).split(') ')[1].split(' ');
    ticks += Number(afterName[11]) + Number(afterName[12]);
  }
  return 10 * ticks;
}

/** A mapping of `proc(5)`, smaps: rights, offset and file; its resident memory; the part of it that is no file's. */
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ (.*)$[^]*?^Rss: +(\d+)[^]*?^Anonymous: +(\d+)/gm;
