import { setMaxListeners } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import { readConfig } from '../../../../src/app/config.js';
import { PipelinePool } from '../../../../src/faces/pipeline/pool.js';
import type { WorkerLimits } from '../../../../src/faces/pipeline/workers.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../../helpers/shared.js';

/** The threads inside, which are nobody's business but a test's. */
interface Inside {
  readonly workers: { readonly threads: readonly Thread[]; readonly givenUp: ReadonlySet<Thread> };
  readonly embedding: Thread;
}
interface Thread {
  readonly thread: { readonly threads: readonly Worker[] };
  readonly running: number;
}
const inside = (pool: PipelinePool) => pool as unknown as Inside;
const workerOf = ({ thread }: Thread) => thread.threads[0];

/** Piscina's side of the thread takes it apart, which fails there, as an uncaught error of ours would: amid the work. */
const breakThread = (worker: Worker) => worker.postMessage(null);

let folder: string;
let photo: Buffer;
let pool: PipelinePool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-loss-'));
  photo = await readFile(samplePhoto(1));
});
afterEach(() => pool.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(limits: Partial<WorkerLimits> = {}, settings: Record<string, string> = {}): Promise<PipelinePool> {
  const config = readConfig({ ROSTRO_DATA: folder, DETECTOR: 'ssd', EMBEDDER: 'face-api', THREADS: '1', ...settings });
  return PipelinePool.start(pipelineSpec(config), { workers: 2, maxQueue: 64, ...limits });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const counted = (work: Promise<{ facesFound: number }>) => work.then(({ facesFound }) => facesFound);

describe('a worker that dies amid its photos', () => {
  it('has every photo answered all the same, by another thread, again and again', async () => {
    pool = await start();
    for (let round = 0; round < 3; round++) {
      const faces = Array.from({ length: 4 }, () => counted(pool.run('analyse', { bytes: photo })));
      await pause(50 * round);
      breakThread(workerOf(inside(pool).workers.threads[round % 2]));
      expect(await Promise.all(faces)).toEqual([3, 3, 3, 3]);
    }
  });

  it('is told of once, however many photos it held', async () => {
    let restarts = 0;
    pool = await start({ workers: 1, onRestart: () => restarts++ });
    const faces = Array.from({ length: 3 }, () => counted(pool.run('analyse', { bytes: photo })));
    breakThread(workerOf(inside(pool).workers.threads[0]));
    expect(await Promise.all(faces)).toEqual([3, 3, 3]);
    expect(restarts).toBe(1);
  });

  it('answers worker_restarted where the second thread dies too, and the next photo as ever', async () => {
    pool = await start({ workers: 1 });
    const lost = pool.run('analyse', { bytes: photo });
    const breaking = setInterval(() => breakThread(workerOf(inside(pool).workers.threads[0])), 5);
    await expect(lost).rejects.toMatchObject({ code: 'worker_restarted' });
    clearInterval(breaking);
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
  });
});

describe('the thread that embeds', () => {
  it('is replaced when it dies, between photos and amid them', async () => {
    pool = await start();
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
    breakThread(workerOf(inside(pool).embedding));
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
      breakThread(workerOf(inside(pool).embedding));
      expect(await Promise.all(faces)).toEqual([3, 3, 3, 3]);
    }
  });
});

describe.skipIf(!hasShared)(`a photo that takes too long${needsShared}`, () => {
  it('costs its worker the place, not the others their answers', async () => {
    const settings = { ROSTRO_DATA: sharedPath('models'), DETECTOR: 'mtcnn', DETECT_MIN_FACE_PX: '12' };
    pool = await start({ workers: 1, stuckAfterMs: 800 }, settings);
    // Every face of 12 pixels is looked for in 13 megapixels: about five seconds of one core.
    const slow = await sharp(samplePhoto(3)).resize(3600, 3600, { fit: 'fill' }).jpeg().toBuffer();
    const small = await sharp(photo).resize(300).jpeg().toBuffer();
    let isDone = false;
    const stuck = pool.run('detect', { bytes: slow }).then(({ image }) => ((isDone = true), image.width));
    await pause(1000);
    expect((await pool.run('detect', { bytes: small })).image.width).toBe(300);
    expect(isDone).toBe(false);
    expect(inside(pool).workers.givenUp.size).toBe(1);
    expect(await stuck).toBe(3600);
    await expect.poll(() => inside(pool).workers.givenUp.size).toBe(0);
  });
});

describe('a request that nobody waits for any more', () => {
  it('leaves the line, and the signal says why', async () => {
    pool = await start({ workers: 1 });
    const ahead = Array.from({ length: 4 }, () => counted(pool.run('analyse', { bytes: photo })));
    const gone = new AbortController();
    setMaxListeners(0, gone.signal);
    const waiting = Array.from({ length: 30 }, () => pool.run('analyse', { bytes: photo }, gone.signal));
    const refused = Promise.allSettled(waiting);
    gone.abort(new Error('gone'));
    for (const outcome of await refused)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    const line = (inside(pool).workers as unknown as { waiting: Set<unknown> }).waiting;
    expect(line.size).toBe(0);
    expect(await Promise.all(ahead)).toEqual([3, 3, 3, 3]);
  });

  it('ends at once for the one who asked, while the thread finishes what it has begun', async () => {
    pool = await start({ workers: 1 });
    const signal = AbortSignal.timeout(20);
    await expect(pool.run('analyse', { bytes: photo }, signal)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(inside(pool).workers.threads[0].running).toBe(1);
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
  });
});

describe('memory over the limit', () => {
  it('has a worker renewed when it has nothing to do, and no request fails', async () => {
    pool = await start({ workers: 1, maxMemoryBytes: 1 });
    const before = workerOf(inside(pool).workers.threads[0]);
    expect(await counted(pool.run('analyse', { bytes: photo }))).toBe(3);
    expect(
      await Promise.all([
        counted(pool.run('analyse', { bytes: photo })),
        counted(pool.run('analyse', { bytes: photo })),
      ]),
    ).toEqual([3, 3]);
    expect(workerOf(inside(pool).workers.threads[0])).not.toBe(before);
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
