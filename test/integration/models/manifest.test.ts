import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL_FILES } from '../../../src/models/manifest.js';
import { modelPath } from '../../../src/models/find-models.js';
import { selectModels } from '../../../src/models/status.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';
import { sha256 } from '../../helpers/model-files.js';

const embedded = MODEL_FILES.filter((file) => file.embedded);
const fetched = MODEL_FILES.filter((file) => !file.embedded);
const fixed = fetched.filter((file) => !file.otherBuilds);

describe('the manifest', () => {
  it('names every file once, with a digest and a licence', () => {
    expect(new Set(MODEL_FILES.map((file) => file.path)).size).toBe(MODEL_FILES.length);
    for (const file of MODEL_FILES) {
      expect(file.sha256, file.path).toMatch(/^[0-9a-f]{64}$/);
      expect(file.licenceNote, file.path).not.toBe('');
      expect(file.maxBytes, file.path).toBeGreaterThanOrEqual(file.bytes ?? 1);
    }
  });

  it('has an https source for every file that does not come with npm install', () => {
    for (const file of fetched) {
      expect(file.sources.length, file.path).toBeGreaterThan(0);
      for (const source of file.sources) expect(new URL(source.url).protocol).toBe('https:');
    }
    expect(embedded.every((file) => file.sources.length === 0)).toBe(true);
  });

  it.each(embedded)('has size and digest of $path as it is installed', (file) => {
    const bytes = readFileSync(modelPath(file, ''));
    expect({ bytes: bytes.length, sha256: sha256(bytes) }).toEqual({ bytes: file.bytes, sha256: file.sha256 });
  });
});

describe.skipIf(!hasShared)('the manifest beside the reference files' + needsShared, () => {
  it.each(fixed)('has size and digest of $path', (file) => {
    const bytes = readFileSync(join(sharedPath('models'), file.path));
    expect({ bytes: bytes.length, sha256: sha256(bytes) }).toEqual({ bytes: file.bytes, sha256: file.sha256 });
  });
});

describe('selectModels', () => {
  const paths = (...wanted: string[]) => selectModels(wanted).map((file) => file.path);

  it('takes all that has to be fetched when nothing is named', () => {
    expect(paths()).toEqual([
      'model/20170512-110547/20170512-110547.pb',
      'model/20180402-114759/20180402-114759.pb',
      'npy/det1.npy',
      'npy/det2.npy',
      'npy/det3.npy',
      'haarcascade_frontalface_default.xml',
    ]);
  });

  it('takes names, paths and bare file names, each file once', () => {
    expect(paths('det2.npy', 'mtcnn', 'npy/det1.npy')).toEqual(['npy/det1.npy', 'npy/det2.npy', 'npy/det3.npy']);
    expect(paths('facenet-2018')).toEqual(['model/20180402-114759/20180402-114759.pb']);
  });

  it('says what there is when a name is not known', () => {
    expect(() => paths('arcface')).toThrow(
      expect.objectContaining({
        code: 'model_missing',
        message: 'No known model is called arcface. There are: facenet-2017, facenet-2018, mtcnn, haar, face-api.',
      }),
    );
  });
});
