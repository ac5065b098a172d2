import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFloatMatrix } from '../../../../src/shared/npy.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  bytesOf,
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

let dataDir: string;
beforeEach(async () => {
  dataDir = temporaryFolder();
  const { gallery } = await open();
  await gallery.add('Ada', exampleOf(1));
});

async function open(running = contract): ReturnType<typeof openNpyGallery> {
  return openNpyGallery({ dataDir, contract: running });
}

describe('files that cannot be read', () => {
  const npyError = 'not a usable .npy file:';
  const sidecarError = 'it is not a description that this version of Rostro wrote.';
  const cases: [string, string, string | Uint8Array, string][] = [
    ['an empty npy', 'Ada.npy', '', `${npyError} it does not start like one.`],
    ['a foreign npy', 'Ada.npy', 'PK\u0003\u0004 some archive', `${npyError} it does not start like one.`],
    ['an npy without rows', 'Ada.npy', writeFloatMatrix(new Float32Array(), 0, 4), 'it holds no values.'],
    [
      'not a number',
      'Ada.npy',
      writeFloatMatrix(Float32Array.of(1, NaN, 0, 0), 1, 4),
      'it holds values that are not numbers.',
    ],
    ['a sidecar cut short', 'Ada.json', '{"version": 1, "na', sidecarError],
    ['an empty sidecar', 'Ada.json', '', sidecarError],
    [
      'a later sidecar',
      'Ada.json',
      '{"version":3,"name":"Ada","contract":"c","embedder":"e","examples":[]}',
      sidecarError,
    ],
    [
      'a sidecar without a name',
      'Ada.json',
      '{"version":1,"name":"","contract":"c","embedder":"e","examples":[]}',
      sidecarError,
    ],
    [
      'a sidecar that points out of the folder',
      'Ada.json',
      '{"version":1,"name":"Ada","contract":"c","embedder":"e","examples":[{"rowHash":"0","id":"a","crop":"uploads/../../x.jpg","addedAt":null,"details":null}]}',
      sidecarError,
    ],
    [
      'a sidecar with one id twice',
      'Ada.json',
      `{"version":1,"name":"Ada","contract":"c","embedder":"e","examples":[${Array(2).fill('{"rowHash":"0","id":"a","crop":null,"addedAt":null,"details":null}').join(',')}]}`,
      'it gives two examples the same id.',
    ],
  ];

  it.each(cases)('%s sets its person aside, whole, and the others start', async (_, file, content, what) => {
    const { gallery } = await open();
    await gallery.add('Eve', exampleOf(2));
    put(dataDir, `embeddings/${file}`, content);
    const before = new Map(filesIn(dataDir).map((path) => [path, bytesOf(dataDir, path)]));
    const { gallery: rest, report } = await open();
    expect(await contentsOf(rest)).toEqual({ Eve: numbered(2) });
    expect(report.quarantined).toHaveLength(1);
    const [{ files, why, to }] = report.quarantined;
    expect(why).toBe(`embeddings/${file} cannot be used: ${what}`);
    expect(to).toMatch(/^\.quarantine\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/);
    expect([...files].sort()).toEqual([...before.keys()].filter((path) => path.includes('Ada')));
    const after = new Map(filesIn(dataDir).map((path) => [path, bytesOf(dataDir, path)]));
    expect(after.size).toBe(before.size);
    for (const [path, bytes] of before)
      expect(after.get(files.includes(path) ? `${to!}/${path}` : path)).toEqual(bytes);
    expect((await open()).report.quarantined).toEqual([]);
  });

  it.each(cases)('%s is left where it is by who only looks', async (_, file, content, what) => {
    put(dataDir, `embeddings/${file}`, content);
    const before = filesIn(dataDir);
    const { gallery, report } = await openNpyGallery({ dataDir, contract, lock: null });
    expect(gallery.people()).toEqual([]);
    expect(report.quarantined).toMatchObject([{ why: `embeddings/${file} cannot be used: ${what}`, to: null }]);
    expect(filesIn(dataDir)).toEqual(before);
    await expect(gallery.add('Eve', exampleOf(2))).rejects.toMatchObject({ code: 'storage_failed' });
    expect(filesIn(dataDir)).toEqual(before);
  });

  it('reports a truncated .npy file, and enrols the person again when it is restored', async () => {
    const whole = bytesOf(dataDir, 'embeddings/Ada.npy');
    for (const length of [5, 9, 60, 128, whole.length - 1]) {
      put(dataDir, 'embeddings/Ada.npy', whole.subarray(0, length));
      const { report } = await open();
      const [{ files, why, to }] = report.quarantined;
      expect(why).toMatch(/^embeddings\/Ada\.npy cannot be used: .+\.$/);
      for (const file of files) cpSync(join(dataDir, to!, file), join(dataDir, file));
      put(dataDir, 'embeddings/Ada.npy', whole);
      expect(await contentsOf((await open()).gallery)).toEqual({ Ada: numbered(1) });
    }
  });

  it('refuses to start with many damaged people and moves nothing', async () => {
    const { gallery } = await open();
    for (let i = 0; i < 12; i++) await gallery.add(`Person ${i}`, exampleOf(i));
    for (let i = 0; i < 11; i++) put(dataDir, `embeddings/Person ${i}.npy`, '');
    const before = filesIn(dataDir);
    await expect(open()).rejects.toMatchObject({
      code: 'gallery_corrupt',
      message: expect.stringContaining('11 of 13 people cannot be read, too many to set aside unasked') as string,
      details: { damaged: 11, people: 13 },
    });
    expect(filesIn(dataDir)).toEqual(before);
    const { gallery: rest, report } = await openNpyGallery({ dataDir, contract, quarantine: 'everything' });
    expect(rest.people().map(({ name }) => name)).toEqual(['Ada', 'Person 11']);
    expect(report.quarantined).toHaveLength(11);
  });

  it('reports rows of another dimension under the same contract', async () => {
    const { report } = await open({ ...contract, dimension: 5 });
    const why = 'embeddings/Ada.npy cannot be used: its rows have 4 values where facenet-2017 makes 5.';
    expect(report).toMatchObject({ people: 0, quarantined: [{ why }] });
  });

  it('prefers the file with the generated name of two files of one person', async () => {
    for (const type of ['npy', 'json']) {
      cpSync(join(dataDir, `embeddings/Ada.${type}`), join(dataDir, `embeddings/A copy.${type}`));
    }
    const { gallery, report } = await open();
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1) });
    const why = 'embeddings/A copy.npy cannot be used: embeddings/Ada.npy is of the same person, "Ada".';
    expect(report.quarantined).toMatchObject([{ why, files: ['embeddings/A copy.json', 'embeddings/A copy.npy'] }]);
  });

  it('reports an invalid journal and does not execute it', async () => {
    const tidy = { remove: ['../../etc/passwd'], sidecar: null };
    const journal = { version: 1, doneWhen: { path: 'embeddings/Ada.npy', sha256: null }, done: tidy, undone: tidy };
    put(dataDir, 'embeddings/.rostro-journal.json', JSON.stringify(journal));
    const message =
      'embeddings/.rostro-journal.json cannot be used: it is not a note that this version of Rostro wrote.';
    await expect(open()).rejects.toMatchObject({ code: 'gallery_corrupt', message });
  });
});
