import { fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pipelineSpec } from '../src/compose/networks.js';
import { readConfig } from '../src/config.js';
import { DEFAULT_MARGIN } from '../src/embed/facenet.js';
import { loadPipeline } from '../src/pipeline/load.js';
import { PipelinePool } from '../src/pipeline/pool.js';
import { createOnnxRuntime } from '../src/runtime/onnxruntime.js';
import { concurrently } from '../src/service/datasets/concurrently.js';
import { listDataset } from '../src/service/datasets/dataset.js';
import { recordingEngine } from './support/recording.js';
import type { NetworkCall } from './replay.js';

/**
 * How much of the networks' own rate is left when a dataset is aligned and embedded: photos a second of the real pipeline
 * on all cores, against the same runs of the same networks on the same tensors with nothing in between; and the same in
 * processor time, which other programs on the machine disturb less. Takes the folder that holds model/ and npy/, and a
 * dataset. Both take turns; medians.
 *
 *   npx tsx bench/batch-rate.ts FOLDER DATASET
 */
const [models, dataset] = process.argv.slice(2);
const PHOTOS = 96;
const ROUNDS = 5;
const script = fileURLToPath(new URL('./replay.ts', import.meta.url));
const workers = availableParallelism();
const spec = pipelineSpec(readConfig({ ROSTRO_DATA: resolve(models), WORKERS: String(workers), THREADS: '1' }));

const every = await listDataset(resolve(dataset));
const step = Math.floor(every.length / PHOTOS);
const photos = await Promise.all(every.filter((_, i) => i % step === 0).map(({ path }) => readFile(path)));

type Work = (pipeline: Pick<PipelinePool, 'central' | 'align'>, bytes: Uint8Array) => Promise<unknown>;
const JOBS: Record<string, Work> = {
  embed: (pipeline, bytes) => pipeline.central(bytes, { aligned: false, mirrored: false }),
  align: (pipeline, bytes) => pipeline.align(bytes, { sizePx: 160, margin: DEFAULT_MARGIN, everyFace: false }),
};

/** What the pipeline asks of the networks for each photo. */
async function record(work: Work): Promise<NetworkCall[][]> {
  const engine = recordingEngine(createOnnxRuntime({ threads: 1 }));
  const pipeline = await loadPipeline(spec, { engine });
  const perPhoto: NetworkCall[][] = [];
  for (const bytes of photos) {
    const runs = await engine.record(() => work(pipeline, bytes));
    perPhoto.push(runs.map(({ model, feeds }) => ({ model, feeds })));
  }
  return perPhoto;
}

/** What a round took: photos a second, and milliseconds of processor time a photo, all threads together. */
interface Round {
  readonly rate: number;
  readonly cpuMs: number;
}

async function measure(work: () => Promise<unknown>, cpuUs: () => Promise<number> | number): Promise<Round> {
  const [start, cpuStart] = [performance.now(), await cpuUs()];
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { rate: photos.length / seconds, cpuMs: ((await cpuUs()) - cpuStart) / 1000 / photos.length };
}

/** Processes of one thread that do nothing but run networks. */
function startReplay(calls: NetworkCall[][]) {
  const used = new Map<number, number>();
  const children = Array.from({ length: workers }, (_, w) => {
    const child = fork(script, { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
    child.send(calls.filter((__, i) => i % workers === w).flat());
    return child;
  });
  const runOnce = (child: ChildProcess, w: number) =>
    new Promise<void>((resolve) => {
      child.once('message', ({ user, system }: NodeJS.CpuUsage) => {
        used.set(w, user + system);
        resolve();
      });
      child.send('go');
    });
  return {
    round: () =>
      measure(
        () => Promise.all(children.map(runOnce)),
        () => [...used.values()].reduce((a, b) => a + b, 0),
      ),
    end() {
      for (const child of children) child.disconnect();
    },
  };
}

function pipelineRound(pool: PipelinePool, work: Work): Promise<Round> {
  const everything = () =>
    concurrently(photos, workers * 4, async (bytes) => {
      await work(pool, bytes);
    });
  return measure(everything, () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  });
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

const pool = await PipelinePool.start(spec, { workers, maxQueue: 64 });
const rows = [];
for (const [job, work] of Object.entries(JOBS)) {
  const replay = startReplay(await record(work));
  const rounds: { ours: Round; raw: Round }[] = [];
  for (let i = 0; i <= ROUNDS; i++) rounds.push({ ours: await pipelineRound(pool, work), raw: await replay.round() });
  replay.end();
  const of = (value: (round: { ours: Round; raw: Round }) => number) => median(rounds.slice(1).map(value)).toFixed(2);
  rows.push({
    job,
    workers,
    pipeline: of(({ ours }) => ours.rate),
    networks: of(({ raw }) => raw.rate),
    share: of(({ ours, raw }) => ours.rate / raw.rate),
    'pipeline, CPU ms': of(({ ours }) => ours.cpuMs),
    'networks, CPU ms': of(({ raw }) => raw.cpuMs),
    'share of CPU': of(({ ours, raw }) => raw.cpuMs / ours.cpuMs),
  });
}
await pool.close();
console.table(rows);
console.log(JSON.stringify({ bench: 'batch-rate', rows }));
