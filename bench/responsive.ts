import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../src/app/config.js';
import { serve } from '../src/app/main.js';
import { createLogger } from '../src/shared/pino-logger.js';
import { withDataDir } from './support/data-dir.js';
import { quantile, report, timingOf } from './support/harness.js';
import type { Prober } from './support/responsive-clients.js';

/**
 * Whether the server stays responsive while it recognises: latency of `/healthz` and delay of the main thread's event
 * loop while 16 clients of `/recognize` use both cores. The server runs in this process, so that its loop can be
 * measured, the clients in another. `ratio` is the 99th percentile of `/healthz` relative to an idle server.
 *
 *   npx tsx bench/responsive.ts
 */
const QUIET_MS = 5000;
const BUSY_MS = 20_000;
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' };
const script = fileURLToPath(new URL('./support/responsive-clients.ts', import.meta.url));

const log = createLogger({ level: 'error', format: 'text' }, process.stderr);

await withDataDir(async (dataDir) => {
  const server = await serve(readConfig({ ...networks, ROSTRO_DATA: dataDir, PORT: '0' }), log);
  const child = fork(script, [new URL(server.url).port], { execArgv: ['--import', 'tsx'] });
  try {
    const quiet = await probes(child, { clients: 0, durationMs: QUIET_MS });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const loading = probes(child, { clients: 16, durationMs: BUSY_MS });
    await setTimeout(2000);
    delay.enable();
    const busy = await loading;
    delay.disable();
    const [quietP99, busyP99] = [quantile(quiet, 0.99), quantile(busy, 0.99)];
    report('responsive', [timingOf('/healthz, quiet', quiet), timingOf('/healthz, 16 clients', busy)], {
      ratio: busyP99 / quietP99,
      healthzP99Ms: busyP99,
      loopDelayP99Ms: delay.percentile(99) / 1e6,
    });
  } finally {
    child.disconnect();
    await server.close();
  }
});

/** @returns the latencies of `/healthz`, milliseconds */
async function probes(child: ChildProcess, order: Prober): Promise<number[]> {
  child.send(order);
  const [times] = (await once(child, 'message')) as [number[]];
  return times;
}
