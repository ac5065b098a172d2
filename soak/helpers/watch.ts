import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerProcess } from './server-process.js';

export interface Watched {
  /** 99th percentile of the latency of `/healthz`. */
  readonly healthP99Ms: number;
  readonly probes: number;
  readonly failedProbes: readonly string[];
  /** Resident memory after a quarter of the time and at the end; null when it is not available. */
  readonly memoryMb: { readonly early: number; readonly late: number } | null;
}

const SAMPLE_MS = 500;
/** A quarter of two minutes: thirty seconds of warm-up. */
const WARM_UP_SHARE = 0.25;
/** Number of samples around a moment; the median counts. */
const AROUND = 0.08;

/** Measures a server from outside while `work` runs. */
export async function watch(server: ServerProcess, work: () => Promise<unknown>): Promise<Watched> {
  const script = fileURLToPath(new URL('./prober.ts', import.meta.url));
  const prober = fork(script, [`${server.url}/healthz`], { execArgv: ['--import', 'tsx'] });
  await once(prober, 'message');
  const memory: number[] = [];
  const sample = async () => {
    const bytes = await server.memoryBytes();
    if (bytes !== null) memory.push(bytes / 2 ** 20);
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const told = once(prober, 'message');
  prober.send('stop');
  const [{ took, failed }] = (await told) as [{ took: number[]; failed: string[] }];
  took.sort((a, b) => a - b);
  const width = Math.max(1, Math.round(memory.length * AROUND));
  const from = Math.floor(memory.length * WARM_UP_SHARE);
  return {
    healthP99Ms: took[Math.ceil(took.length * 0.99) - 1] ?? Infinity,
    probes: took.length,
    failedProbes: failed,
    memoryMb:
      memory.length < 4
        ? null
        : { early: middle(memory.slice(from, from + width)), late: middle(memory.slice(-width)) },
  };
}

function middle(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[values.length >> 1]);
}
