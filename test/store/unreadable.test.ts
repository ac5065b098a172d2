import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFloatMatrix } from '../../src/formats/npy.js';
import { openNpyGallery } from '../../src/store/open-npy-gallery.js';
import {
  bytesOf,
  contract,
  exampleOf,
  filesIn,
  put,
  removeTemporaryFolders,
  temporaryFolder,
} from './gallery-fixture.js';

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
      '{"version":2,"name":"Ada","contract":"c","embedder":"e","examples":[]}',
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

  it.each(cases)('%s stops the start and stays', async (_, file, content, what) => {
    put(dataDir, `embeddings/${file}`, content);
    const before = filesIn(dataDir);
    await expect(open()).rejects.toMatchObject({
      code: 'gallery_corrupt',
      message: `embeddings/${file} cannot be used: ${what}`,
      details: { file: `embeddings/${file}` },
    });
    expect(filesIn(dataDir)).toEqual(before);
    expect(bytesOf(dataDir, `embeddings/${file}`)).toEqual(Buffer.from(content));
  });

  it('a truncated npy is named, wherever it is cut', async () => {
    const whole = bytesOf(dataDir, 'embeddings/Ada.npy');
    for (const length of [5, 9, 60, 128, whole.length - 1]) {
      put(dataDir, 'embeddings/Ada.npy', whole.subarray(0, length));
      const message = expect.stringMatching(/^embeddings\/Ada\.npy cannot be used: .+\.$/) as string;
      await expect(open()).rejects.toMatchObject({ code: 'gallery_corrupt', message });
    }
  });

  it('rows of another length under the same contract are named', async () => {
    const message = 'embeddings/Ada.npy cannot be used: its rows have 4 values where facenet-2017 makes 5.';
    await expect(open({ ...contract, dimension: 5 })).rejects.toMatchObject({ code: 'gallery_corrupt', message });
  });

  it('two files of one person are named', async () => {
    for (const type of ['npy', 'json']) {
      cpSync(join(dataDir, `embeddings/Ada.${type}`), join(dataDir, `embeddings/Copy.${type}`));
    }
    const message =
      /^embeddings\/(Ada|Copy)\.npy cannot be used: embeddings\/(Ada|Copy)\.npy is of the same person, "Ada"\.$/;
    await expect(open()).rejects.toThrow(
      expect.objectContaining({ code: 'gallery_corrupt', message: expect.stringMatching(message) as string }),
    );
  });

  it('a journal of another hand is named and not obeyed', async () => {
    const tidy = { remove: ['../../etc/passwd'], sidecar: null };
    const journal = { version: 1, doneWhen: { path: 'embeddings/Ada.npy', sha256: null }, done: tidy, undone: tidy };
    put(dataDir, 'embeddings/.rostro-journal.json', JSON.stringify(journal));
    const message =
      'embeddings/.rostro-journal.json cannot be used: it is not a note that this version of Rostro wrote.';
    await expect(open()).rejects.toMatchObject({ code: 'gallery_corrupt', message });
  });
});
