import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pipelineSpec } from '../src/app/pipeline.js';
import { readConfig } from '../src/app/config.js';
import { DEFAULT_MARGIN } from '../src/faces/embed/facenet.js';
import { PipelinePool } from '../src/faces/pipeline/pool.js';
import { forEachConcurrent } from '../src/shared/queue.js';
import { listDataset } from '../src/evaluation/dataset.js';
import { recordCalls, startReplay } from './support/raw-rate.js';

/**
 * Overhead of aligning and embedding a dataset: photos per second of the real pipeline on all cores, compared with the
 * same runs of the same networks on the same tensors and nothing else; also in CPU time, which other programs on the
 * machine disturb less. Takes the folder with model/ and npy/, and a dataset. Both alternate; medians.
 *
 *   npx tsx bench/batch-rate.ts FOLDER DATASET
 */
const [models, dataset] = process.argv.slice(2);
const PHOTOS = 96;
const ROUNDS = 5;
const workers = availableParallelism();
const spec = pipelineSpec(readConfig({ ROSTRO_DATA: resolve(models), WORKERS: String(workers), THREADS: '1' }));

const every = await listDataset(resolve(dataset));
const step = Math.floor(every.length / PHOTOS);
const photos = await Promise.all(every.filter((_, i) => i % step === 0).map(({ path }) => readFile(path)));

type Work = (pipeline: Pick<PipelinePool, 'run'>, bytes: Uint8Array) => Promise<unknown>;
const JOBS: Record<string, Work> = {
  embed: (pipeline, bytes) => pipeline.run('central', { bytes, aligned: false, mirrored: false }),
  align: (pipeline, bytes) => pipeline.run('align', { bytes, sizePx: 160, margin: DEFAULT_MARGIN, everyFace: false }),
};

/** Result of a round: photos per second, and CPU milliseconds per photo of all threads. */
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

function pipelineRound(pool: PipelinePool, work: Work): Promise<Round> {
  const everything = () =>
    forEachConcurrent(photos, workers * 4, async (bytes) => {
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
  const calls = (await recordCalls(spec, photos, work)).map((call) => call ?? []);
  const replay = startReplay(
    Array.from({ length: workers }, (_, w) => calls.filter((__, i) => i % workers === w).flat()),
  );
  const rawRound = () => measure(() => replay.round(), replay.cpuUs);
  const rounds: { ours: Round; raw: Round }[] = [];
  for (let i = 0; i <= ROUNDS; i++) rounds.push({ ours: await pipelineRound(pool, work), raw: await rawRound() });
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
