import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { OtherClient } from './prober.js';
import type { ServerProcess } from './server-process.js';

export interface Watched {
  /** Percentiles of the latency of `/healthz`. */
  readonly healthP50Ms: number;
  readonly healthP99Ms: number;
  readonly probes: number;
  readonly failedProbes: readonly string[];
  /** Resident memory after a quarter of the time and at the end; null when it is not available. */
  readonly memoryMb: { readonly early: number; readonly late: number } | null;
  readonly memoryPeakMb: number;
  /** 99th percentile of the latency of the other client's `/recognize`, and its answers that were not right. */
  readonly recogniseP99Ms: number;
  readonly recognised: number;
  readonly wrong: readonly string[];
}

export interface WatchOptions {
  /** The share of the time after which the memory is compared with that at the end. */
  readonly warmUpShare?: number;
  /** A client that goes on recognising. */
  readonly other?: OtherClient;
}

const SAMPLE_MS = 500;
/** A quarter of two minutes: thirty seconds of warm-up. */
const WARM_UP_SHARE = 0.25;
/** Number of samples around a moment; the median counts. */
const AROUND = 0.08;

/** Measures a server from outside while `work` runs. */
export async function watch(
  server: ServerProcess,
  work: () => Promise<unknown>,
  { warmUpShare = WARM_UP_SHARE, other }: WatchOptions = {},
): Promise<Watched> {
  const script = fileURLToPath(new URL('./prober.ts', import.meta.url));
  const prober = fork(script, [server.url, ...(other ? [JSON.stringify(other)] : [])], {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(prober, 'exit').then(() => {
    throw new Error('the process that measures has ended');
  });
  ended.catch(() => undefined);
  await Promise.race([once(prober, 'message'), ended]);
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
  const [{ took, failed, recogniseTook, wrong }] = (await Promise.race([told, ended])) as [Seen];
  const width = Math.max(1, Math.round(memory.length * AROUND));
  const from = Math.floor(memory.length * warmUpShare);
  return {
    healthP50Ms: percentile(took, 0.5),
    healthP99Ms: percentile(took, 0.99),
    recogniseP99Ms: percentile(recogniseTook, 0.99),
    recognised: recogniseTook.length,
    wrong,
    probes: took.length,
    failedProbes: failed,
    memoryPeakMb: Math.round(Math.max(0, ...memory)),
    memoryMb:
      memory.length < 4
        ? null
        : { early: middle(memory.slice(from, from + width)), late: middle(memory.slice(-width)) },
  };
}

interface Seen {
  readonly took: number[];
  readonly failed: string[];
  readonly recogniseTook: number[];
  readonly wrong: string[];
}

/** Infinity without values: nothing was answered. */
function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Infinity;
}

function middle(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[values.length >> 1]);
}
