import { setTimeout } from 'node:timers/promises';
import { withDataDir } from './support/data-dir.js';
import { quantile, reportGrowth } from './support/harness.js';
import { startClients } from './support/load.js';
import { withServer } from './support/server-process.js';
import { oneFaceFrame } from './support/setting.js';

/**
 * Responses per second and latency of `/recognize` by the number of clients, each of which sends its next frame when
 * the last one is answered: over HTTP, server in its own process, clients on the same machine (640×480 JPEG with one
 * face, MTCNN from 40 px, FaceNet). Settings of the environment apply: WORKERS, THREADS.
 *
 *   npx tsx bench/growth-clients.ts
 */
const CLIENTS = [1, 2, 4, 8, 16, 32, 64];
const WARM_UP_MS = 2500;
const MEASURED_MS = 10_000;

const jpeg = await oneFaceFrame();
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' };
const rows = await withDataDir((dataDir) =>
  withServer({ ...networks, ROSTRO_DATA: dataDir }, async ({ port }) => {
    const figures = [];
    for (const clients of CLIENTS) {
      const load = startClients(clients, port, jpeg);
      await setTimeout(WARM_UP_MS);
      const before = load.times.length;
      await setTimeout(MEASURED_MS);
      const times = load.times.slice(before);
      await load.stop();
      figures.push({
        clients,
        answersASecond: (1000 * times.length) / MEASURED_MS,
        medianMs: quantile(times, 0.5),
        slowMs: quantile(times, 0.95),
      });
    }
    return figures;
  }),
);
reportGrowth('growth-clients', rows);
