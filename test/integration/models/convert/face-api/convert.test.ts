import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedFaceApiModel } from '../../../../../src/models/convert/face-api/convert.js';
import { faceApiModelDir } from '../../../../helpers/face-api.js';

const MANIFEST = 'face_landmark_68_model-weights_manifest.json';
const SHARD = 'face_landmark_68_model.bin';

describe('conversion of face-api networks', () => {
  let modelDir: string;
  let convert: () => ReturnType<typeof cachedFaceApiModel>;
  beforeEach(() => {
    modelDir = mkdtempSync(join(tmpdir(), 'rostro-face-api-model-'));
    convert = () => cachedFaceApiModel('landmarks68', modelDir, join(modelDir, 'cache'));
    for (const name of [MANIFEST, SHARD]) copyFileSync(join(faceApiModelDir, name), join(modelDir, name));
  });
  afterEach(() => {
    rmSync(modelDir, { recursive: true, force: true });
  });

  it('gives the same file and hash each time, and another hash for other weights', async () => {
    const first = await convert();
    expect(await convert()).toEqual(first);
    expect(first.contentHash).toMatch(/^[0-9a-f]{64}$/);

    const weights = readFileSync(join(modelDir, SHARD));
    weights[0] ^= 1;
    writeFileSync(join(modelDir, SHARD), weights);
    const second = await convert();
    expect(second.contentHash).not.toBe(first.contentHash);
    expect(second.path).not.toBe(first.path);
  });

  it.each([MANIFEST, SHARD])('names the missing file %s', async (name) => {
    rmSync(join(modelDir, name));
    await expect(convert()).rejects.toMatchObject({
      code: 'model_missing',
      message: expect.stringContaining(join(modelDir, name)) as string,
    });
  });

  it('names a manifest that is not readable', async () => {
    writeFileSync(join(modelDir, MANIFEST), '<html>');
    await expect(convert()).rejects.toMatchObject({
      code: 'bad_model_file',
      message: `${join(modelDir, MANIFEST)}: not a usable weights manifest: it is not JSON`,
    });
  });

  it('names weights that were cut short', async () => {
    writeFileSync(join(modelDir, SHARD), readFileSync(join(modelDir, SHARD)).subarray(0, 1000));
    await expect(convert()).rejects.toMatchObject({
      code: 'bad_model_file',
      message: expect.stringMatching(
        /face_landmark_68_model\.bin: .*its binary files end inside the tensor "dense0\/conv1\/depthwise_filter"$/,
      ) as string,
    });
  });
});
