import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL_FILES, type ModelFile } from '../../../src/models/manifest.js';
import { modelStatuses } from '../../../src/models/status.js';
import { modelFile, sampleBytes, sha256, temporaryFolder, writeIn } from '../../helpers/model-files.js';

const bytes = sampleBytes(1000);
const other = sampleBytes(900);

async function statusOf(file: ModelFile, folder: string) {
  const { present, bytes, sizeOk, sha256, checksum } = (await modelStatuses([file], folder))[0];
  return { present, bytes, sizeOk, sha256, checksum };
}

describe('modelStatuses', () => {
  it('says that a file is missing, and writes nothing', async () => {
    const folder = temporaryFolder();
    const missing = { present: false, bytes: null, sizeOk: null, sha256: null, checksum: null };
    expect(await statusOf(modelFile(bytes), folder)).toEqual(missing);
    expect(existsSync(join(folder, '.cache'))).toBe(false);
  });

  it('says that a file is the published one', async () => {
    const folder = temporaryFolder();
    writeIn(folder, 'model/sample.bin', bytes);
    const ok = { present: true, bytes: 1000, sizeOk: true, sha256: sha256(bytes), checksum: 'ok' };
    expect(await statusOf(modelFile(bytes), folder)).toEqual(ok);
  });

  it('says that a file is wrong', async () => {
    const folder = temporaryFolder();
    writeIn(folder, 'model/sample.bin', other);
    const wrong = { present: true, bytes: 900, sizeOk: false, sha256: sha256(other), checksum: 'wrong' };
    expect(await statusOf(modelFile(bytes), folder)).toEqual(wrong);
  });

  it('remembers another build where that can be sound, and says when it changes', async () => {
    const folder = temporaryFolder();
    const file = modelFile(bytes, { otherBuilds: true, bytes: null });
    writeIn(folder, file.path, other);
    expect(await statusOf(file, folder)).toMatchObject({ checksum: 'unverified', sizeOk: null });
    expect(await statusOf(file, folder)).toMatchObject({ checksum: 'unverified' });
    const record = JSON.parse(readFileSync(join(folder, '.cache/models.json'), 'utf8')) as unknown;
    expect(record).toEqual({ 'model/sample.bin': sha256(other) });
    writeIn(folder, file.path, sampleBytes(800));
    expect(await statusOf(file, folder)).toMatchObject({ checksum: 'changed' });
    expect(await statusOf(file, folder)).toMatchObject({ checksum: 'changed' });
    writeIn(folder, file.path, bytes);
    expect(await statusOf(file, folder)).toMatchObject({ checksum: 'ok' });
  });

  it('finds the files that come with npm install, and remembers nothing of them', async () => {
    const folder = temporaryFolder();
    const weights = MODEL_FILES.find((file) => file.path === 'face_landmark_68_model.bin')!;
    expect(await statusOf(weights, folder)).toMatchObject({ present: true, checksum: 'ok' });
    const afterUpgrade = { ...weights, sha256: sha256('another version') };
    expect(await statusOf(afterUpgrade, folder)).toMatchObject({ present: true, checksum: 'unverified' });
    expect(existsSync(join(folder, '.cache'))).toBe(false);
  });

  it.each(['', 'no JSON', '[]', '{"a": 1}', '{"a": "short"}', 'null'])('refuses a damaged record: %j', async (text) => {
    const folder = temporaryFolder();
    const path = writeIn(folder, '.cache/models.json', text);
    await expect(modelStatuses([], folder)).rejects.toMatchObject({
      code: 'storage_failed',
      message: `${path} cannot be read. Delete it; it is created again.`,
    });
  });
});
