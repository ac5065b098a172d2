import { setTimeout } from 'node:timers/promises';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { withDataDir } from './support/data-dir.js';
import { quantile, report, timingOf } from './support/harness.js';
import { startClients } from './support/load.js';
import { recordingEngine, replay, type NetworkRun } from './support/recording.js';
import { withServer } from './support/server-process.js';
import { oneFaceFrame, specOf, THREADS } from './support/setting.js';

/**
 * Throughput over HTTP: faces per second of 16 clients of `/recognize`, relative to the limit of the bare networks on
 * both cores (those for detecting one face, one run after another, and FaceNet in batches of 16). Server, clients and
 * networks share the cores; both alternate. 640×480 JPEG with one face, MTCNN from 40 px, FaceNet. Settings of the
 * environment apply: WORKERS, THREADS.
 *
 *   npx tsx bench/throughput.ts
 */
const CLIENTS = 16;
const ROUNDS = 6;
const LOAD_MS = 5000;
const BATCH = 16;
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' };

const jpeg = await oneFaceFrame();
const { finding, embedding } = await recordNetworks();
const waits: number[] = [];
const served: number[] = [];
const bare: number[] = [];
await withDataDir((dataDir) =>
  withServer({ ...networks, ROSTRO_DATA: dataDir }, async ({ port }) => {
    for (let round = 0; round <= ROUNDS; round++) {
      const load = startClients(CLIENTS, port, jpeg);
      await setTimeout(1000);
      const before = load.times.length;
      await setTimeout(LOAD_MS);
      const times = load.times.slice(before);
      await load.stop();
      const face = await faceMs();
      if (round === 0) continue;
      served.push(LOAD_MS / times.length);
      waits.push(...times);
      bare.push(face);
    }
  }),
);
const [ours, ceiling] = [timingOf('a face, 16 clients', served), timingOf('a face, bare networks', bare)];
report('throughput', [ours, ceiling, timingOf('wait of a client', waits)], {
  ratio: ceiling.median / ours.median,
  facesASecond: 1000 / ours.median,
  ceiling: 1000 / ceiling.median,
  slowWaitMs: quantile(waits, 0.95),
});

/** The feeds of the networks for one frame, and for a batch of its face. */
async function recordNetworks(): Promise<{ finding: NetworkRun[]; embedding: NetworkRun[] }> {
  const engine = recordingEngine(createOnnxRuntime({ threads: THREADS }));
  const pipeline = await loadPipeline(specOf(networks), { engine });
  const runs = await engine.record(() => pipeline.run('analyse', { bytes: jpeg }));
  const [face] = runs.splice(-1);
  const { data, dims } = face.feeds.input;
  const batch = new Float32Array(BATCH * data.length);
  for (let i = 0; i < BATCH; i++) batch.set(data, i * data.length);
  const input = { data: batch, dims: [BATCH, ...dims.slice(1)] };
  return { finding: runs, embedding: [{ ...face, feeds: { input } }] };
}

/** Milliseconds per face of the bare networks: the median over the work of sixteen frames. */
async function faceMs(): Promise<number> {
  const finds: number[] = [];
  for (let i = 0; i < BATCH; i++) finds.push(await timed(finding));
  const batches: number[] = [];
  for (let i = 0; i < 5; i++) batches.push(await timed(embedding));
  return quantile(finds, 0.5) + quantile(batches, 0.5) / BATCH;
}

async function timed(runs: readonly NetworkRun[]): Promise<number> {
  const start = performance.now();
  await replay(runs);
  return performance.now() - start;
}
