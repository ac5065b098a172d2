import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPipeline } from '../../../../src/app/pipeline.js';
import { readConfig } from '../../../../src/app/config.js';
import { euclideanDistance } from '../../../../src/matching/matcher.js';
import type { PipelinePool } from '../../../../src/faces/pipeline/pool.js';
import { withSharedCache } from '../../../helpers/server.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../../helpers/shared.js';

const dirs: string[] = [];
const pools: PipelinePool[] = [];

async function start(settings: Record<string, string>): Promise<PipelinePool> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
  dirs.push(dataDir);
  const config = readConfig({ ROSTRO_DATA: dataDir, WORKERS: '1', ...settings });
  const pool = await startPipeline(withSharedCache(config));
  pools.push(pool);
  return pool;
}

afterAll(async () => {
  for (const pool of pools) await pool.close();
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
});

describe('the central face of a photo', () => {
  let pipeline: PipelinePool;
  const portrait = sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 }).png();

  beforeAll(async () => {
    pipeline = await start({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  });

  it('is embedded as analyse does it', async () => {
    const bytes = await portrait.clone().toBuffer();
    const { faces } = await pipeline.run('analyse', { bytes });
    const central = await pipeline.run('central', { bytes, aligned: false, mirrored: false });
    expect(central).toEqual({ image: { width: 400, height: 460 }, facesFound: 1, face: faces[0], mirrored: null });
  });

  it('is mirrored as a mirrored photo would be', async () => {
    const whole = { aligned: true, mirrored: true };
    const { face, mirrored } = await pipeline.run('central', { bytes: await portrait.clone().toBuffer(), ...whole });
    const flopped = await pipeline.run('central', { bytes: await portrait.clone().flop().toBuffer(), ...whole });
    expect(face!.box).toEqual({ x: 0, y: 0, width: 400, height: 460 });
    expect(mirrored).toEqual(flopped.face!.embedding);
    expect(flopped.mirrored).toEqual(face!.embedding);
    expect(euclideanDistance(mirrored!, face!.embedding)).toBeGreaterThan(0.05);
  });

  it('is null where there is none', async () => {
    const sky = sharp({ create: { width: 90, height: 60, channels: 3, background: '#69c' } }).png();
    const central = await pipeline.run('central', { bytes: await sky.toBuffer(), aligned: false, mirrored: true });
    expect(central).toEqual({ image: { width: 90, height: 60 }, facesFound: 0, face: null, mirrored: null });
  });
});

describe.skipIf(!hasShared)('an aligned crop' + needsShared, () => {
  it('is what FaceNet sees of the photo', async () => {
    const pipeline = await start({ ROSTRO_DATA: sharedPath('models'), EMBEDDER: 'facenet' });
    const bytes = await sharp(sharedPath('images', 'groups', 'bbt1.jpg'))
      .png()
      .toBuffer();
    const options = { sizePx: 160, margin: { share: 0.28 }, everyFace: true };
    const { faces } = await pipeline.run('align', { bytes, ...options });
    const { faces: direct } = await pipeline.run('analyse', { bytes });
    expect(faces.map(({ box }) => box)).toEqual(direct.map(({ box }) => box));
    expect(faces.length).toBeGreaterThan(1);
    for (const [i, { png }] of faces.entries()) {
      const { face } = await pipeline.run('central', { bytes: png, aligned: true, mirrored: false });
      // Both differ by the crop's rounding to 8 bits only; two people are about 1.3 apart.
      expect(euclideanDistance(face!.embedding, direct[i].embedding)).toBeLessThan(0.02);
    }
  });
});
