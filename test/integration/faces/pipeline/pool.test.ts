import { readFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipelineSpec } from '../../../../src/app/pipeline.js';
import { readConfig } from '../../../../src/app/config.js';
import { loadPipeline } from '../../../../src/faces/pipeline/load.js';
import { PipelinePool } from '../../../../src/faces/pipeline/pool.js';
import { euclidean } from '../../../helpers/photo.js';
import { samplePhoto } from '../../../helpers/shared.js';

describe.each([true, false])('workers, with an embedding network for all of them: %s', (embedsApart) => {
  let folder: string;
  let pool: PipelinePool;
  const spec = () => ({
    ...pipelineSpec(readConfig({ ROSTRO_DATA: folder, DETECTOR: 'ssd', EMBEDDER: 'face-api', THREADS: '2' })),
    embedsApart,
  });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-pool-'));
    pool = await PipelinePool.start(spec(), { workers: 2, maxQueue: 64 });
  });
  afterAll(async () => {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('embed every photo of many at once as a single thread does', async () => {
    const numbers = [1, 2, 3, 4, 5, 6] as const;
    const photos = await Promise.all(numbers.map((number) => readFile(samplePhoto(number))));
    const single = await loadPipeline(spec());
    const together = await Promise.all(photos.map((photo) => pool.run('analyse', { bytes: photo })));
    for (const [i, photo] of photos.entries()) {
      const { faces } = await single.run('analyse', { bytes: photo });
      expect(together[i].faces.map(({ box }) => box)).toEqual(faces.map(({ box }) => box));
      together[i].faces.forEach(({ embedding }, face) =>
        expect(euclidean(embedding, faces[face].embedding)).toBeLessThan(1e-4),
      );
    }
    expect(together.some(({ faces }) => faces.length > 1)).toBe(true);
  });

  it('answer a bad photo with its reason, and the next one as ever', async () => {
    await expect(pool.run('analyse', { bytes: Buffer.from('no picture') })).rejects.toMatchObject({
      code: 'not_an_image',
    });
    expect((await pool.run('analyse', { bytes: await readFile(samplePhoto(1)) })).faces).toHaveLength(3);
  });

  it('refuse what comes on top of a full queue, and take the next photo when it is empty again', async () => {
    const small = await PipelinePool.start(spec(), { workers: 1, maxQueue: 2 });
    const photo = await readFile(samplePhoto(1));
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => small.run('detect', { bytes: photo })));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(18);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'busy' });
    expect((await small.run('detect', { bytes: photo })).faces).toHaveLength(3);
    await small.close();
  });

  it('say why they cannot start, and end in order, when one fails before the others have found each other', async () => {
    const detector = { kind: 'haar', path: join(folder, 'nowhere.xml'), minFacePx: 20 } as const;
    for (let start = 0; start < 3; start++) {
      const failing = PipelinePool.start({ ...spec(), detector }, { workers: 2, maxQueue: 64 });
      await expect(failing).rejects.toMatchObject({ code: 'model_missing' });
    }
  });
});
