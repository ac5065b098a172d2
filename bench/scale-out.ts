import { setTimeout } from 'node:timers/promises';
import { startPostgres } from '../test/helpers/postgres.js';
import { withDataDir } from './support/data-dir.js';
import { report, timingOf } from './support/harness.js';
import { startClients } from './support/load.js';
import { withServer, type ServerProcess } from './support/server-process.js';
import { oneFaceFrame } from './support/setting.js';

/**
 * Gain from a second server on the same PostgreSQL: faces per second of 8 clients with one server, and of 16 clients
 * with two, each server limited to one core. In both cases clients and database share those cores. Both alternate.
 * 640×480 JPEG with one face, MTCNN from 40 px, FaceNet.
 *
 *   npx tsx bench/scale-out.ts
 */
const CLIENTS = 8;
const ROUNDS = 6;
const LOAD_MS = 5000;

const jpeg = await oneFaceFrame();
const postgres = await startPostgres();
try {
  const DATABASE_URL = await postgres.newDatabase();
  const shared = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40', DATABASE_URL };
  const inFolder = (work: (server: ServerProcess) => Promise<void>) =>
    withDataDir((ROSTRO_DATA) =>
      withServer({ ...shared, ROSTRO_DATA, WORKERS: '1', THREADS: '1', RATE_LIMIT: '0' }, work),
    );
  await inFolder((one) => inFolder((other) => compare(one, other)));
} finally {
  await postgres.stop();
}

async function compare(one: ServerProcess, other: ServerProcess): Promise<void> {
  one.confineTo(0);
  other.confineTo(1);
  const alone: number[] = [];
  const together: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const single = await faceMs([one]);
    const both = await faceMs([one, other]);
    if (round === 0) continue;
    alone.push(single);
    together.push(both);
  }
  const [first, second] = [timingOf('a face, one server', alone), timingOf('a face, two servers', together)];
  const ratio = first.median / second.median;
  report('scale-out', [first, second], { ratio, one: 1000 / first.median, two: 1000 / second.median });
}

/** Milliseconds per face while all servers are loaded. */
async function faceMs(servers: readonly ServerProcess[]): Promise<number> {
  const loads = servers.map(({ port }) => startClients(CLIENTS, port, jpeg));
  await setTimeout(1000);
  const answered = () => loads.reduce((sum, { times }) => sum + times.length, 0);
  const before = answered();
  await setTimeout(LOAD_MS);
  const faces = answered() - before;
  await Promise.all(loads.map((load) => load.stop()));
  return LOAD_MS / faces;
}
