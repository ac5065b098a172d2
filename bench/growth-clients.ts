import { setTimeout } from 'node:timers/promises';
import { withDataDir } from './data-dir.js';
import { quantile, reportGrowth } from './harness.js';
import { startClients } from './load.js';
import { withServer } from './server-process.js';
import { oneFaceFrame } from './setting.js';

/**
 * Answers a second of `/recognize` and how long they take, by the number of clients that each send their next frame when
 * the last is answered: over HTTP, server in a process of its own, clients on the same machine (640×480 JPEG with one
 * face, MTCNN from 40 px, FaceNet). Settings of the environment hold: WORKERS, THREADS.
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
