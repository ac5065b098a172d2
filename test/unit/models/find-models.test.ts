import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findModels } from '../../../src/models/find-models.js';
import { temporaryFolder, writeIn } from '../../helpers/model-files.js';

describe('findModels', () => {
  it('finds the networks of face-api even in an empty folder', () => {
    const found = findModels(temporaryFolder());
    expect(found).toMatchObject({ mtcnn: null, facenet: null, facenets: [], haarCascade: null });
    expect(existsSync(join(found.faceApiDir, 'ssd_mobilenetv1_model.bin'))).toBe(true);
  });

  it('finds the three MTCNN arrays and the cascade', () => {
    const folder = temporaryFolder();
    for (const path of ['npy/det1.npy', 'npy/det2.npy', 'npy/det3.npy']) writeIn(folder, path, 'x');
    const cascade = writeIn(folder, 'haarcascade_frontalface_default.xml', 'x');
    expect(findModels(folder)).toMatchObject({
      mtcnn: {
        det1: join(folder, 'npy/det1.npy'),
        det2: join(folder, 'npy/det2.npy'),
        det3: join(folder, 'npy/det3.npy'),
      },
      haarCascade: cascade,
    });
  });

  it('has no MTCNN when one of the three arrays is missing', () => {
    const folder = temporaryFolder();
    writeIn(folder, 'npy/det1.npy', 'x');
    writeIn(folder, 'npy/det3.npy', 'x');
    expect(findModels(folder).mtcnn).toBeNull();
  });

  it('prefers the newest FaceNet graph and lists the others', () => {
    const folder = temporaryFolder();
    for (const version of ['20170512-110547', '20180408-102900', '20180402-114759']) {
      writeIn(folder, `model/${version}/${version}.pb`, 'x');
    }
    const found = findModels(folder);
    expect(found.facenets.map((file) => file.version)).toEqual([
      '20180408-102900',
      '20180402-114759',
      '20170512-110547',
    ]);
    expect(found.facenet).toEqual({
      version: '20180408-102900',
      path: join(folder, 'model/20180408-102900/20180408-102900.pb'),
    });
  });

  it('passes over folders without a graph, with another name, and folders named like a graph', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'model/20190101-000000/20190101-000000.pb'), { recursive: true });
    writeIn(folder, 'model/20180402-114759/other.pb', 'x');
    writeIn(folder, 'model/zzz/zzz.pb', 'x');
    writeIn(folder, 'model/README.md', 'x');
    expect(findModels(folder).facenets).toEqual([]);
  });
});
