import { setMaxListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import { readConfig } from '../../../../src/app/config.js';
import { PipelinePool } from '../../../../src/faces/pipeline/pool.js';
import { startWorkers, type WorkerProcess } from '../../../../src/faces/pipeline/worker-process.js';
import type { WorkerLimits } from '../../../../src/faces/pipeline/workers.js';
import type { PipelineSpec } from '../../../../src/faces/pipeline/spec.js';
import { samplePhoto } from '../../../helpers/shared.js';

/** What only tests look at. */
interface Inside {
  readonly workers: { readonly workers: readonly WorkerProcess[]; readonly waiting: { readonly size: number } };
  readonly embedding: { readonly thread: { readonly thread: { readonly threads: readonly Worker[] } } };
}
const inside = (pool: PipelinePool) => pool as unknown as Inside;
const pidOf = (pool: PipelinePool, index = 0) => inside(pool).workers.workers[index].pid!;

/** Piscina's side of the thread takes it apart, which fails there, as an uncaught error of ours would: amid the work. */
const breakEmbedding = (pool: PipelinePool) => inside(pool).embedding.thread.thread.threads[0].postMessage(null);

let folder: string;
let photo: Buffer;
let pool: PipelinePool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-loss-'));
  photo = await readFile(samplePhoto(1));
});
afterEach(() => pool.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(
  limits: Partial<WorkerLimits> = {},
  settings: Record<string, string> = {},
  spec: Partial<PipelineSpec> = {},
): Promise<PipelinePool> {
  const config = readConfig({ ROSTRO_DATA: folder, DETECTOR: 'ssd', EMBEDDER: 'face-api', THREADS: '1', ...settings });
  return PipelinePool.start({ ...pipelineSpec(config), ...spec }, { workers: 2, maxQueue: 64, ...limits });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const counted = (work: Promise<{ facesFound: number }>) => work.then(({ facesFound }) => facesFound);

describe('a worker that dies amid its photos', () => {
  it('has every photo answered all the same, by another thread, again and again', async () => {
    pool = await start();
    for (let round = 0; round < 3; round++) {
      const faces = Array.from({ length: 4 }, () => counted(pool.run('analyse', { bytes: photo })));
      await pause(50 * round);
      process.kill(pidOf(pool, round % 2), 'SIGKILL');
      expect(await Promise.all(faces)).toEqual([3, 3, 3, 3]);
    }
  });

  it('is reported once, however many photos it held', async () => {
    let restarts = 0;
    pool = await start({ workers: 1, onRestart: () => restarts++ });
    const faces = Array.from({ length: 3 }, () => counted(pool.run('analyse', { bytes: photo })));
    process.kill(pidOf(pool), 'SIGKILL');
    expect(await Promise.all(faces)).toEqual([3, 3, 3]);
    expect(restarts).toBe(1);
  });

  it('answers worker_restarted where the second worker dies too, and the next photo as ever', async () => {
    pool = await start({ workers: 1 });
    const lost = pool.run('analyse', { bytes: photo });
    let killed: number | undefined;
    const killing = setInterval(() => {
      const [worker] = inside(pool).workers.workers;
      if (worker.photos > 0 && worker.pid !== killed) process.kill((killed = worker.pid!), 'SIGKILL');
    }, 5);
    await expect(lost).rejects.toMatchObject({ code: 'worker_restarted' });
    clearInterval(killing);
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
  });
});

describe('the thread that embeds', () => {
  it('is replaced when it dies, between photos and amid them', async () => {
    pool = await start({}, {}, { embedsApart: true });
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
    breakEmbedding(pool);
    await pause(50);
    expect(
      await Promise.all([
        counted(pool.run('analyse', { bytes: photo })),
        counted(pool.run('analyse', { bytes: photo })),
      ]),
    ).toEqual([3, 3]);
    for (let round = 0; round < 2; round++) {
      const faces = Array.from({ length: 4 }, () => counted(pool.run('analyse', { bytes: photo })));
      await pause(80 * round);
      breakEmbedding(pool);
      expect(await Promise.all(faces)).toEqual([3, 3, 3, 3]);
    }
  });
});

describe.runIf(process.platform === 'linux')('workers that are started before their networks are known', () => {
  it('are those of the next pool; the others are ended', async () => {
    const before = children();
    const endOthers = startWorkers(3);
    const early = children().filter((pid) => !before.includes(pid));
    expect(early).toHaveLength(3);
    pool = await start({ workers: 2 });
    const taken = [pidOf(pool, 0), pidOf(pool, 1)];
    expect(early).toEqual(expect.arrayContaining(taken));
    endOthers();
    await expect.poll(() => early.filter((pid) => children().includes(pid)).sort()).toEqual(taken.sort());
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
  });

  it('are not taken when they have ended', async () => {
    const before = children();
    const endOthers = startWorkers(1);
    const [early] = children().filter((pid) => !before.includes(pid));
    process.kill(early, 'SIGKILL');
    await expect.poll(() => children().includes(early)).toBe(false);
    pool = await start({ workers: 1 });
    endOthers();
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
  });
});

/** The processes that this one has started and that run. */
function children(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
}

describe('a worker that hangs', () => {
  it('is killed with the photo that hangs, replaced, and its other photos are answered', async () => {
    let restarts = 0;
    pool = await start({ workers: 1, stuckAfterMs: 3000, onRestart: () => restarts++ });
    const hung = pidOf(pool);
    process.kill(hung, 'SIGSTOP');
    const stuck = pool.run('analyse', { bytes: photo });
    const beside = counted(pool.run('analyse', { bytes: photo }));
    await expect(stuck).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'The photo was not processed within 3 s.',
    });
    expect(pool.load.usableWorkers).toBe(0);
    expect(await beside).toBe(3);
    expect(pool.load.usableWorkers).toBe(1);
    expect(restarts).toBe(1);
    expect(() => process.kill(hung, 0)).toThrow('ESRCH');
  });

  it('again and again, costs no more than one worker at a time', async () => {
    pool = await start({ workers: 2, stuckAfterMs: 500 });
    for (let round = 0; round < 3; round++) {
      await expect.poll(() => pool.load.usableWorkers).toBe(2);
      for (const { pid } of inside(pool).workers.workers) process.kill(pid!, 'SIGSTOP');
      const photos = Array.from({ length: 2 }, () => pool.run('analyse', { bytes: photo }));
      for (const outcome of await Promise.allSettled(photos)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'deadline_exceeded' } });
      }
    }
    await expect.poll(() => counted(pool.run('analyse', { bytes: photo })).catch(() => null)).toBe(3);
  });
});

describe('workers that cannot be started again', () => {
  it('end the pool, which refuses what waits', async () => {
    pool = await start({ workers: 1 });
    let isLost = false;
    void pool.lost.then(() => (isLost = true));
    const weights = join(folder, 'weights');
    // Its successors do not find the networks.
    Object.assign((inside(pool).workers as unknown as { spec: object }).spec, {
      faceApiDir: weights,
      cacheDir: weights,
    });
    process.kill(pidOf(pool), 'SIGKILL');
    await expect.poll(() => pool.load.usableWorkers).toBe(0);
    await expect(pool.run('analyse', { bytes: photo })).rejects.toMatchObject({ code: 'worker_restarted' });
    expect(isLost).toBe(true);
    await expect(pool.run('detect', { bytes: photo })).rejects.toMatchObject({ code: 'worker_restarted' });
  });
});

describe('a request that nobody waits for any more', () => {
  it('leaves the line, and the signal says why', async () => {
    pool = await start({ workers: 1 });
    const ahead = Array.from({ length: 2 }, () => counted(pool.run('analyse', { bytes: photo })));
    const gone = new AbortController();
    setMaxListeners(0, gone.signal);
    const waiting = Array.from({ length: 30 }, () => pool.run('analyse', { bytes: photo }, gone.signal));
    const refused = Promise.allSettled(waiting);
    gone.abort(new Error('gone'));
    for (const outcome of await refused)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    expect(inside(pool).workers.waiting.size).toBe(0);
    expect(await Promise.all(ahead)).toEqual([3, 3]);
  });

  it('ends at once for the one who asked, while the worker finishes what it has begun', async () => {
    pool = await start({ workers: 1 });
    const signal = AbortSignal.timeout(20);
    await expect(pool.run('analyse', { bytes: photo }, signal)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(inside(pool).workers.workers[0].photos).toBe(1);
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
  });
});

describe('memory over the limit', () => {
  it('has a worker renewed when it has nothing to do, and no request fails', async () => {
    pool = await start({ workers: 1, maxMemoryBytes: 1 });
    const before = pidOf(pool);
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
    expect(
      await Promise.all([
        counted(pool.run('analyse', { bytes: photo })),
        counted(pool.run('analyse', { bytes: photo })),
      ]),
    ).toEqual([3, 3]);
    expect(pidOf(pool)).not.toBe(before);
  });
});

describe('more faces than are embedded', () => {
  it('keeps the largest, in their order, and says how many there are', async () => {
    pool = await start({ workers: 1 });
    const all = await pool.run('analyse', { bytes: photo });
    const few = await start({ workers: 1 }, { MAX_FACES: '2' });
    const { faces, facesFound } = await few.run('analyse', { bytes: photo });
    await few.close();
    const size = ({ box }: { box: { width: number; height: number } }) => box.width * box.height;
    const smallest = all.faces.reduce((least, face) => (size(face) < size(least) ? face : least));
    expect([facesFound, faces.length]).toEqual([3, 2]);
    expect(faces.map(({ box }) => box)).toEqual(all.faces.filter((face) => face !== smallest).map(({ box }) => box));
  });
});
