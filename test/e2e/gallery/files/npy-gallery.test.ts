import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readFloatMatrix } from '../../../../src/shared/npy.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  bytesOf,
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  filesOf,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

async function open(dataDir: string): Promise<Gallery> {
  return (await openNpyGallery({ dataDir, contract })).gallery;
}

describe('adding', () => {
  it('writes the row, the crop and what is known of them', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const { example, embeddingFile } = await gallery.add('Ada Lovelace', exampleOf(1));

    expect(embeddingFile).toBe('embeddings/Ada Lovelace.npy');
    expect(example.id).toMatch(/^[0-9a-f]{16}$/);
    expect(example.crop).toBe(`uploads/Ada Lovelace/${example.id}.jpg`);
    expect(example.addedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(readFloatMatrix(bytesOf(dataDir, embeddingFile))).toEqual({ data: vectorOf(1), rows: 1, columns: 4 });
    expect(bytesOf(dataDir, example.crop!).toString()).toBe('crop 1');
    const sidecar: unknown = JSON.parse(bytesOf(dataDir, 'embeddings/Ada Lovelace.json').toString());
    expect(sidecar).toMatchObject({ version: 2, name: 'Ada Lovelace', contract: contract.id, embedder: contract.name });
    expect(sidecar).toMatchObject({ examples: [{ id: example.id, crop: example.crop, addedAt: example.addedAt }] });
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
  });

  it('appends further rows in order', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    for (const number of [3, 1, 2]) await gallery.add('Ada', exampleOf(number));
    const { data, rows } = readFloatMatrix(bytesOf(dataDir, 'embeddings/Ada.npy'));
    expect(rows).toBe(3);
    expect([...data]).toEqual([3, 1, 2].flatMap((number) => [...vectorOf(number)]));
    expect(await contentsOf(await open(dataDir))).toEqual({ Ada: numbered(3, 1, 2) });
  });

  it('keeps everything over a restart', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    await gallery.add('Ada', exampleOf(1));
    await gallery.add('Grace', exampleOf(2));
    const again = await openNpyGallery({ dataDir, contract });
    expect(again.gallery.people()).toEqual(gallery.people());
    const nothingOdd = {
      adopted: [],
      duplicateIds: [],
      interruptedChange: 'nothing',
      filesRenamed: 0,
      quarantined: [],
      missingCrops: [],
      unknownFiles: [],
    };
    expect(again.report).toEqual({ people: 2, examples: 2, ...nothingOdd });
  });

  it('keeps two equal rows apart', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const first = await gallery.add('Ada', exampleOf(1));
    const second = await gallery.add('Ada', { ...exampleOf(2), embedding: vectorOf(1) });
    await gallery.removeExample('Ada', first.example.id);
    const [left] = (await open(dataDir)).person('Ada').examples;
    expect(left).toEqual(second.example);
  });

  it('refuses a vector of another length or without numbers before anything is written', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const message = 'an embedding has 4 finite values';
    await expect(gallery.add('Ada', { ...exampleOf(1), embedding: vectorOf(1, 5) })).rejects.toThrow(message);
    await expect(gallery.add('Ada', { ...exampleOf(1), embedding: Float32Array.of(NaN, 0, 0, 0) })).rejects.toThrow(
      message,
    );
    const details = { ...exampleOf(1).details, confidence: NaN };
    await expect(gallery.add('Ada', { ...exampleOf(1), details })).rejects.toThrow('expected number');
    expect(gallery.people()).toEqual([]);
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
  });
});

describe('reading', () => {
  it('says that no photo is there where its file is gone', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const { example } = await gallery.add('Ada', exampleOf(1));
    spawnSync('rm', [join(dataDir, example.crop!)]);
    const noPhoto = { code: 'example_not_found', message: 'No photo was kept of this example of "Ada".' };
    await expect(gallery.crop('Ada', example.id)).rejects.toMatchObject(noPhoto);
  });
});

describe('renaming', () => {
  it('moves the rows, the crops and the ids', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const { example } = await gallery.add('Ada', exampleOf(1));
    await gallery.add('Ada', exampleOf(2));
    const renamed = await gallery.rename('Ada', 'Ada Lovelace');
    expect(renamed.examples[0]).toEqual({ ...example, crop: `uploads/Ada Lovelace/${example.id}.jpg` });
    expect(gallery.people()).toEqual([renamed]);
    expect(await contentsOf(gallery)).toEqual({ 'Ada Lovelace': numbered(1, 2) });
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
    expect((await open(dataDir)).people()).toEqual([renamed]);
  });

  it('refuses the name of someone else', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    await gallery.add('Ada', exampleOf(1));
    await gallery.add('Eve', exampleOf(2));
    const message = '"Eve" is already enrolled.';
    await expect(gallery.rename('Ada', 'Eve')).rejects.toMatchObject({ code: 'person_exists', message });
    expect(await contentsOf(await open(dataDir))).toEqual({ Ada: numbered(1), Eve: numbered(2) });
  });

  it('does not need a crop that someone deleted', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const { example } = await gallery.add('Ada', exampleOf(1));
    spawnSync('rm', [join(dataDir, example.crop!)]);
    await gallery.rename('Ada', 'Eve');
    expect(filesIn(dataDir)).toContain('embeddings/Eve.npy');
    await expect(gallery.crop('Eve', example.id)).rejects.toMatchObject({ code: 'example_not_found' });
  });
});

describe('removing', () => {
  it('takes every file of a person away, and no one else’s', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    await gallery.add('Ada', exampleOf(1));
    await gallery.add('Ada', exampleOf(2));
    await gallery.add('Eve', exampleOf(3));
    await gallery.removePerson('Ada');
    expect(await contentsOf(gallery)).toEqual({ Eve: numbered(3) });
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
    await gallery.removePerson('Eve');
    expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/']);
  });

  it('takes one example away, and the person with the last', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    const ids: string[] = [];
    for (const number of [1, 2, 3]) ids.push((await gallery.add('Ada', exampleOf(number))).example.id);
    await gallery.removeExample('Ada', ids[1]);
    expect(await contentsOf(await open(dataDir))).toEqual({ Ada: numbered(1, 3) });
    expect(filesIn(dataDir)).toEqual(filesOf(gallery));
    await gallery.removeExample('Ada', ids[0]);
    await gallery.removeExample('Ada', ids[2]);
    expect(gallery.people()).toEqual([]);
    expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/']);
  });

  it('leaves a file that someone put beside the crops', async () => {
    const dataDir = temporaryFolder();
    const gallery = await open(dataDir);
    await gallery.add('Ada', exampleOf(1));
    put(dataDir, 'uploads/Ada/notes.txt', 'mine');
    await gallery.removePerson('Ada');
    expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/Ada/notes.txt']);
    expect((await openNpyGallery({ dataDir, contract })).report.unknownFiles).toEqual(['uploads/Ada']);
  });
});

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
const needsNumpy = hasNumpy ? '' : ' (skipped: needs python3 with numpy, which is not here)';

it.skipIf(!hasNumpy)('numpy loads what the gallery wrote' + needsNumpy, async () => {
  const dataDir = temporaryFolder();
  const gallery = await open(dataDir);
  await gallery.add('Ada', { ...exampleOf(1), embedding: Float32Array.of(0.5, 0.5, -0.5, 0.5) });
  await gallery.add('Ada', { ...exampleOf(1), embedding: Float32Array.of(1, 0, 0, 0) });
  const script = `import numpy as np; a = np.load('Ada.npy'); print(a.dtype, a.shape, a.tolist())`;
  const { stdout } = spawnSync('python3', ['-c', script], { cwd: join(dataDir, 'embeddings'), encoding: 'utf8' });
  expect(stdout.trim()).toBe('float32 (2, 4) [[0.5, 0.5, -0.5, 0.5], [1.0, 0.0, 0.0, 0.0]]');
});
