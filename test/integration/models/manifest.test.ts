import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL_FILES, type ModelFile } from '../../../src/models/manifest.js';
import { installedWeightsDir, modelPath } from '../../../src/models/find-models.js';
import { agreesWith, assertLicencesAccepted, selectModels } from '../../../src/models/status.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';
import { sha256 } from '../../helpers/model-files.js';

const hasWeights = installedWeightsDir() !== null;
const embedded = MODEL_FILES.filter((file) => file.embedded && file.installed === undefined);
const weights = MODEL_FILES.filter((file) => file.installed !== undefined);
const fetched = MODEL_FILES.filter((file) => !file.embedded);
const fixed = fetched.filter((file) => !file.otherBuilds && placeInShared(file) !== null);

/** In the layout of the data folder, or without `model/`. */
function placeInShared({ path }: ModelFile): string | null {
  const places = [path, path.replace(/^model\//, '')].map((place) => join(sharedPath('models'), place));
  return places.find((place) => existsSync(place)) ?? null;
}

describe('the manifest', () => {
  it('names every file once, with a digest and a licence', () => {
    expect(new Set(MODEL_FILES.map((file) => file.path)).size).toBe(MODEL_FILES.length);
    for (const file of MODEL_FILES) {
      expect(file.sha256, file.path).toMatch(/^[0-9a-f]{64}$|^[0-9a-f]{8}…[0-9a-f]{4}$/);
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

  it.skipIf(!hasWeights).each(weights)('has size and digest of the installed weights $path', (file) => {
    const path = modelPath(file, '/no/such/folder');
    const bytes = readFileSync(path);
    expect(basename(path)).toBe(file.installed);
    expect({ bytes: bytes.length, sha256: sha256(bytes) }).toEqual({ bytes: file.bytes, sha256: file.sha256 });
  });
});

describe.skipIf(!hasShared)('the manifest beside the reference files' + needsShared, () => {
  it.each(fixed)('has size and digest of $path', (file) => {
    const bytes = readFileSync(placeInShared(file)!);
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
    expect(paths('sface', 'yunet')).toEqual([
      'model/yunet/yunet_n_dynamic.onnx',
      'model/sface/face_recognition_sface_2021dec.onnx',
    ]);
  });

  it('says what there is when a name is not known', () => {
    expect(() => paths('arcface')).toThrow(
      expect.objectContaining({
        code: 'model_missing',
        message:
          'No known model is called arcface. There are: facenet-2017, facenet-2018, mtcnn, haar, face-api, yunet, liveness, mtcnn-tflite, ' +
          'mobilefacenet, sface, auraface, adaface-ir18, adaface-ir101, edgeface-xs, mobileface-mnv2, w600k-mbf, w600k-r50.',
      }),
    );
  });
});

describe('assertLicencesAccepted', () => {
  it('names the licence that forbids commercial use, until it is accepted', () => {
    const files = selectModels(['sface', 'w600k-r50']);
    expect(() => assertLicencesAccepted(files, false)).toThrow(
      expect.objectContaining({
        code: 'bad_config',
        message:
          'The licence of w600k-r50 forbids commercial use: Non-commercial research only (InsightFace). Give --accept-licence if your use complies.',
      }),
    );
    expect(() => assertLicencesAccepted(files, true)).not.toThrow();
    expect(() => assertLicencesAccepted(selectModels([]), false)).not.toThrow();
  });
});

describe('agreesWith', () => {
  it('compares what is known of a digest', () => {
    const digest = sha256('a file');
    const ends = `${digest.slice(0, 8)}…${digest.slice(-4)}`;
    expect([digest, ends, '…'].map((published) => agreesWith(published, digest))).toEqual([true, true, true]);
    expect([ends, digest].map((published) => agreesWith(published, sha256('another')))).toEqual([false, false]);
    expect(agreesWith(`${digest.slice(0, 8)}…0000`, digest)).toBe(digest.endsWith('0000'));
  });
});
