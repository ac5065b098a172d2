import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { withDataDir } from './support/data-dir.js';
import { quantile, report, timingOf } from './support/harness.js';
import { startClients } from './support/load.js';
import { putPublishedMtcnn } from './support/published.js';
import { recordCalls, startReplay } from './support/raw-rate.js';
import { type ServerProcess, withServer } from './support/server-process.js';
import { oneFaceFrame, specOf } from './support/setting.js';

/**
 * Throughput over HTTP: faces per second of 16 clients of `/recognize` (640×480 JPEG with one face, MTCNN from 40 px,
 * MobileFaceNet), which share the cores with the server:
 * - `ratio`: relative to two processes of one thread that only run the networks of the frame, one after another,
 * - `gain`: relative to the same server with MTCNN as published, before PRelu is rewritten, and FaceNet.
 * All three alternate. Settings of the environment apply: WORKERS, THREADS.
 *
 *   npx tsx bench/throughput.ts
 */
const CLIENTS = 16;
const ROUNDS = 6;
const LOAD_MS = 5000;
const WARM_UP_MS = 1000;
const PROCESSES = 2;
/** Frames of a process in a round of the bare networks. */
const FRAMES = 60;
const OURS = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', DETECT_MIN_FACE_PX: '40', LIVENESS: 'off' };
const PUBLISHED = { ...OURS, EMBEDDER: 'facenet' };

/** Milliseconds per face: elapsed, and of CPU time. */
class Faces {
  readonly times: number[] = [];
  readonly cpu: number[] = [];

  constructor(private readonly name: string) {}

  add(faces: number, elapsedMs: number, cpuMs: number): void {
    this.times.push(elapsedMs / faces);
    this.cpu.push(cpuMs / faces);
  }

  get timing() {
    return timingOf(this.name, this.times, this.cpu);
  }
}

const jpeg = await oneFaceFrame();
const waits: number[] = [];
const ours = new Faces('a face, 16 clients');
const published = new Faces('a face, 16 clients, networks as published');
const bare = new Faces('a face, bare networks');

const [calls] = await recordCalls(specOf(OURS), [jpeg], (pipeline, bytes) => pipeline.run('analyse', { bytes }));
const share = Array.from({ length: FRAMES }, () => calls!).flat();
const replay = startReplay(Array.from({ length: PROCESSES }, () => share));
await withDataDir((dataDir) =>
  withDataDir(async (publishedDir) => {
    const [det1, det2, det3] = [1, 2, 3].map((i) => join(publishedDir, 'npy', `det${i}.npy`));
    await putPublishedMtcnn({ det1, det2, det3 }, join(publishedDir, '.cache'));
    await withServer({ ...PUBLISHED, ROSTRO_DATA: publishedDir }, (publishedServer) =>
      withServer({ ...OURS, ROSTRO_DATA: dataDir }, async (server) => {
        for (let round = 0; round <= ROUNDS; round++) {
          const isCounted = round > 0;
          const times = await load(server, isCounted ? ours : null);
          if (isCounted) waits.push(...times);
          await load(publishedServer, isCounted ? published : null);
          await replayRound(isCounted);
        }
      }),
    );
  }),
);
replay.end();

const timings = [ours.timing, bare.timing, published.timing] as const;
const [served, ceiling, servedPublished] = timings;
report('throughput', [...timings, timingOf('wait of a client', waits)], {
  ratio: ceiling.median / served.median,
  gain: servedPublished.median / served.median,
  ratioCpu: ceiling.cpu / served.cpu,
  gainCpu: servedPublished.cpu / served.cpu,
  facesASecond: 1000 / served.median,
  ceiling: 1000 / ceiling.median,
  slowWaitMs: quantile(waits, 0.95),
});

/** @returns how long the clients waited for each answer */
async function load(server: ServerProcess, faces: Faces | null): Promise<number[]> {
  const clients = startClients(CLIENTS, server.port, jpeg);
  await setTimeout(WARM_UP_MS);
  const [before, start, cpuStart] = [clients.times.length, performance.now(), await server.cpuMs()];
  await setTimeout(LOAD_MS);
  const [times, end, cpuEnd] = [clients.times.slice(before), performance.now(), await server.cpuMs()];
  await clients.stop();
  faces?.add(times.length, end - start, cpuEnd - cpuStart);
  return times;
}

async function replayRound(isCounted: boolean): Promise<void> {
  const [start, cpuStart] = [performance.now(), replay.cpuUs()];
  await replay.round();
  const cpuMs = (replay.cpuUs() - cpuStart) / 1000;
  if (isCounted) bare.add(PROCESSES * FRAMES, performance.now() - start, cpuMs);
}
