import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readConfig } from '../src/config.js';
import { serve } from '../src/main.js';
import { createLogger } from '../src/observe/pino-logger.js';
import { sharedPath } from '../test/helpers/shared.js';
import { timingOf, type Timing } from './harness.js';
import { startClients } from './load.js';
import { oneFaceFrame } from './setting.js';

/**
 * Answers a second that 1, 4 and 16 clients of `/recognize` get over HTTP (640×480 JPEG with one face, MTCNN from 40 px,
 * FaceNet), and how long they wait. Settings of the environment hold: WORKERS, THREADS.
 *
 *   npx tsx bench/throughput.ts
 */
const SECONDS = 8;
const dataDir = await mkdtemp(join(tmpdir(), 'rostro-bench-'));
for (const folder of ['model', 'npy'])
  await cp(sharedPath('models', folder), join(dataDir, folder), { recursive: true });
const { WORKERS, THREADS } = process.env;
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' };
const config = readConfig({ ...networks, WORKERS, THREADS, ROSTRO_DATA: dataDir, PORT: '0' });
const server = await serve(config, createLogger({ level: 'error', format: 'text' }, process.stderr));
const jpeg = await oneFaceFrame();
const rows: ({ clients: number; 'answers a second': number } & Timing)[] = [];
try {
  for (const clients of [1, 4, 16]) {
    const load = startClients(clients, Number(new URL(`http://${server.url.split('//')[1]}`).port), jpeg);
    await setTimeout(2000);
    const before = load.times.length;
    await setTimeout(SECONDS * 1000);
    const times = load.times.slice(before);
    await load.stop();
    rows.push({ clients, 'answers a second': times.length / SECONDS, ...timingOf('wait, ms', times) });
  }
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}
console.table(rows);
console.log(JSON.stringify({ bench: 'throughput', rows }));
