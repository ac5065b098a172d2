import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { composeCore, type Core } from '../../../src/app/core.js';
import { readConfig } from '../../../src/app/config.js';
import { recogniseEightPeople } from '../../helpers/eight-people.js';
import { withSharedCache } from '../../helpers/server.js';
import { hasShared, hasWeights, needsShared, sharedPath } from '../../helpers/shared.js';

describe.skipIf(!hasShared)(`eight people, five crops each${needsShared}`, () => {
  let core: Core;
  let dataDir: string;

  async function compose(settings: Record<string, string>): Promise<Core> {
    dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
    for (const part of ['npy', 'model']) await symlink(sharedPath('models', part), join(dataDir, part));
    core = await composeCore(withSharedCache(readConfig({ ...settings, ROSTRO_DATA: dataDir })));
    return core;
  }

  afterEach(async () => {
    await core.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('MTCNN + FaceNet: at least 31 of 32 right, none wrong', async () => {
    await compose({ EMBEDDER: 'facenet' });
    expect(core.recognition.model).toMatchObject({ detector: 'mtcnn', embedder: 'facenet-20180402-114759' });
    const result = await recogniseEightPeople(core);
    expect(result.wrong).toEqual([]);
    expect(result).toMatchObject({ photos: 32 });
    expect(result.right).toBeGreaterThanOrEqual(31);
  });

  it.skipIf(!hasWeights)('the default, MTCNN + MobileFaceNet: 32 of 32 right', async () => {
    await compose({});
    expect(core.recognition.model).toMatchObject({ detector: 'mtcnn', embedder: 'mobilefacenet' });
    expect(await recogniseEightPeople(core)).toMatchObject({ photos: 32, right: 32, wrong: [] });
  });

  it('SSD + face-api at 0.6: none wrong', async () => {
    await compose({ DETECTOR: 'ssd', EMBEDDER: 'face-api', THRESHOLD: '0.6' });
    const result = await recogniseEightPeople(core);
    expect(result.wrong).toEqual([]);
    expect(result.right).toBeGreaterThanOrEqual(28);
  });
});
