import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbedderContract } from '../../../../src/faces/embed/embedder.js';
import { writeFloatMatrix } from '../../../../src/shared/npy.js';
import { embedderOfFiles, openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { plainVault, vaultOf } from '../../../../src/gallery/sealing/vault.js';
import type { GalleryReport } from '../../../../src/gallery/files/open-npy-gallery.js';
import {
  bytesOf,
  contentsOf,
  contract,
  exampleOf,
  filesIn,
  numbered,
  otherContract,
  put,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});

async function open(running = contract): ReturnType<typeof openNpyGallery> {
  return openNpyGallery({ dataDir, contract: running });
}

async function enrol(name: string, ...numbers: number[]): Promise<void> {
  const { gallery } = await open();
  for (const number of numbers) await gallery.add(name, exampleOf(number));
}

/** What the original system left behind: one row, no sidecar. */
function putOriginal(name: string, number: number, running: EmbedderContract = contract): void {
  const { dimension } = running;
  put(dataDir, `embeddings/${name}.npy`, writeFloatMatrix(vectorOf(number, dimension), 1, dimension));
}

/** Paths below a folder that other users may open. */
function widePaths(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true }).map(String);
  return process.platform === 'win32' ? [] : paths.filter((path) => statSync(join(folder, path)).mode & 0o077);
}

const NOTHING_ODD: GalleryReport = {
  people: 0,
  examples: 0,
  adopted: [],
  duplicateIds: [],
  interruptedChange: 'nothing',
  filesRenamed: 0,
  quarantined: [],
  missingCrops: [],
  unknownFiles: [],
};

describe('the embedder that made a folder', () => {
  const embedder = (vault = plainVault) => embedderOfFiles(dataDir, vault);

  it('is null for an empty or new folder', async () => {
    expect(await embedder()).toBeNull();
    await open();
    expect(await embedder()).toBeNull();
  });

  it('is that of the original system where no file has a record', async () => {
    putOriginal('Ada', 1);
    expect(await embedder()).toBe('facenet-2017');
  });

  it('is the recorded one, beside files without a record and damaged ones', async () => {
    putOriginal('Ada', 1);
    await enrol('Cyd', 2);
    put(dataDir, 'embeddings/Bob.npy', 'x');
    put(dataDir, 'embeddings/Bob.json', '{');
    expect(await embedder()).toBe(contract.name);
  });

  it('is read from an encrypted gallery', async () => {
    const vault = vaultOf([sealingKey(new Uint8Array(32))]);
    const { gallery } = await openNpyGallery({ dataDir, contract, vault });
    await gallery.add('Ada', exampleOf(1));
    expect(await embedder(vault)).toBe(contract.name);
    await expect(embedder()).rejects.toMatchObject({ code: 'encryption_key_wrong' });
  });
});

describe('an empty or new folder', () => {
  it('is created and reported as empty', async () => {
    dataDir = join(dataDir, 'not', 'yet');
    const { gallery, report } = await open();
    expect(gallery.people()).toEqual([]);
    expect(report).toEqual(NOTHING_ODD);
    expect(widePaths(join(dataDir, '..'))).toEqual([]);
    expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/']);
  });

  it('may contain a README and hidden files', async () => {
    for (const path of ['embeddings/README.md', 'embeddings/.gitignore', 'uploads/README.md', 'uploads/.DS_Store']) {
      put(dataDir, path, '');
    }
    expect((await open()).report).toEqual(NOTHING_ODD);
  });

  it('cannot be one where a file lies', async () => {
    put(dataDir, 'embeddings', 'a file');
    const message = 'The gallery could not be opened: something else lies where it belongs.';
    await expect(open()).rejects.toMatchObject({ code: 'storage_failed', message });
  });
});

describe('rows of the original system', () => {
  it('are adopted, in float32 and float64', async () => {
    putOriginal('Ada Lovelace', 1);
    const dict = `{'descr': '<f8', 'fortran_order': False, 'shape': (1, 4), }`.padEnd(117) + '\n';
    const float64 = Buffer.concat([
      Buffer.from('934e554d505901007600', 'hex'),
      Buffer.from(dict),
      Buffer.from(Float64Array.from(vectorOf(2)).buffer),
    ]);
    put(dataDir, 'embeddings/Eve.npy', float64);
    const { gallery, report } = await open();
    expect(report).toMatchObject({
      people: 2,
      examples: 2,
      adopted: ['embeddings/Ada Lovelace.npy', 'embeddings/Eve.npy'],
      unknownFiles: [],
    });
    const [example] = gallery.person('Ada Lovelace').examples;
    expect(example).toMatchObject({ crop: null, addedAt: null, details: null, embedding: vectorOf(1) });
    expect(example.id).toMatch(/^original-[0-9a-f]{12}$/);
    expect((await gallery.embeddedPerson('Eve')).examples[0].embedding).toEqual(vectorOf(2));
    expect(filesIn(dataDir)).toEqual(['embeddings/Ada Lovelace.npy', 'embeddings/Eve.npy', 'uploads/']);
  });

  it('keep their ids when other rows are added and removed', async () => {
    put(dataDir, 'embeddings/Ada.npy', writeFloatMatrix(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0), 2, 4));
    const { gallery } = await open();
    const ids = gallery.person('Ada').examples.map(({ id }) => id);
    expect(ids[1]).toBe(`${ids[0]}-2`);
    await gallery.add('Ada', exampleOf(1));
    const again = (await open()).gallery;
    expect(
      again
        .person('Ada')
        .examples.map(({ id }) => id)
        .slice(0, 2),
    ).toEqual(ids);
    await again.removeExample('Ada', ids[0]);
    const last = await open();
    expect(last.gallery.person('Ada').examples[0].id).toBe(ids[1]);
    expect(last.report.adopted).toEqual([]);
  });

  it('use the crop of the original system', async () => {
    putOriginal('Ada', 1);
    put(dataDir, 'uploads/Ada.jpg', 'crop 1');
    put(dataDir, 'uploads/Nobody.jpg', 'crop 9');
    const { gallery, report } = await open();
    expect(report.unknownFiles).toEqual(['uploads/Nobody.jpg']);
    expect(gallery.person('Ada').examples[0].crop).toBe('uploads/Ada.jpg');
    await gallery.rename('Ada', 'Eve');
    expect(await contentsOf((await open()).gallery)).toEqual({ Eve: numbered(1) });
    expect(filesIn(dataDir)).not.toContain('uploads/Ada.jpg');
    await gallery.removePerson('Eve');
    expect(filesIn(dataDir)).toEqual(['embeddings/', 'uploads/Nobody.jpg']);
  });

  it('are refused, by file, where they cannot be the running embedder’s', async () => {
    putOriginal('Ada', 1);
    putOriginal('Eve', 2);
    const sentence = (madeBy: string): string =>
      'embeddings/Ada.npy (and 1 more) holds rows of 4 values without a record of the embedder that made them, and ' +
      `${madeBy} cannot take them for its own: choose the embedder they were made with (the FaceNet model of 2017 for ` +
      'files of the original system), or run "rostro reembed".';
    const code = 'gallery_contract_mismatch';
    const strict = { ...contract, adoptsUnlabelledRows: false };
    const message = sentence('facenet-2017 (weights1+crop1+prewhiten)');
    const details = { files: ['embeddings/Ada.npy', 'embeddings/Eve.npy'], runningContract: contract.id };
    await expect(open(strict)).rejects.toMatchObject({ code, message, details });
    const wider = { ...otherContract, adoptsUnlabelledRows: true };
    const widerMessage = sentence('facenet-2018 (weights2+crop1+fixed)');
    await expect(open(wider)).rejects.toMatchObject({ code, message: widerMessage });
  });
});

describe('rows of another embedder', () => {
  it('are refused with both contracts and what to do', async () => {
    await enrol('Ada', 1, 2);
    await enrol('Eve', 3);
    const before = filesIn(dataDir);
    await expect(open(otherContract)).rejects.toMatchObject({
      code: 'gallery_contract_mismatch',
      message:
        '2 of 2 people were enrolled with facenet-2017 (weights1+crop1+prewhiten), but facenet-2018 ' +
        '(weights2+crop1+fixed) runs now: choose the embedder they were made with, or run "rostro reembed".',
      details: { people: 2, storedContracts: [contract.id], runningContract: otherContract.id },
    });
    expect(filesIn(dataDir)).toEqual(before);
  });

  it('are refused even where their length fits', async () => {
    await enrol('Ada', 1);
    await expect(open({ ...contract, id: 'another' })).rejects.toMatchObject({ code: 'gallery_contract_mismatch' });
  });
});

describe('files that the gallery does not know', () => {
  it('are left unchanged and reported', async () => {
    await enrol('Ada', 1);
    put(dataDir, 'embeddings/notes.txt', 'mine');
    put(dataDir, 'embeddings/notes.json', '{"mine": true}');
    put(dataDir, 'embeddings/folder.npy/x', 'mine');
    put(dataDir, 'embeddings/rostro-0123456789abcdef.tmp', 'mine');
    put(dataDir, 'uploads/Ada/me.jpg', 'mine');
    put(dataDir, 'uploads/holiday/beach.jpg', 'mine');
    mkdirSync(join(dataDir, 'uploads/empty'));
    const files = filesIn(dataDir);
    const { gallery, report } = await open();
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1) });
    expect([...report.unknownFiles].sort()).toEqual([
      'embeddings/folder.npy',
      'embeddings/notes.json',
      'embeddings/notes.txt',
      'embeddings/rostro-0123456789abcdef.tmp',
      'uploads/Ada/me.jpg',
      'uploads/empty',
      'uploads/holiday',
    ]);
    expect(report.quarantined).toEqual([]);
    expect(filesIn(dataDir)).toEqual(files);
  });

  it('are quarantined on request', async () => {
    await enrol('Ada', 1);
    const kept = filesIn(dataDir);
    put(dataDir, 'embeddings/notes.txt', 'mine');
    put(dataDir, 'uploads/holiday/beach.jpg', 'sand');
    const { report } = await openNpyGallery({ dataDir, contract, quarantine: 'everything' });
    const { to } = report.quarantined[0];
    const moved = [`${to!}/embeddings/notes.txt`, `${to!}/uploads/holiday/beach.jpg`];
    expect(filesIn(dataDir)).toEqual([...moved, ...kept].sort());
    expect(bytesOf(dataDir, moved[1]).toString()).toBe('sand');
    expect((await open()).report).toMatchObject({ unknownFiles: [], quarantined: [] });
  });

  it('do not include temporary files, which are deleted', async () => {
    await enrol('Ada', 1);
    const files = filesIn(dataDir);
    put(dataDir, 'embeddings/.rostro-0123456789abcdef.tmp', 'half a fi');
    expect((await open()).report.unknownFiles).toEqual([]);
    expect(filesIn(dataDir)).toEqual(files);
  });
});

it('reads thousands of people', async () => {
  await enrol('Ada', 1);
  const sidecar = bytesOf(dataDir, 'embeddings/Ada.json').toString();
  const npy = bytesOf(dataDir, 'embeddings/Ada.npy');
  for (let i = 0; i < 2000; i++) {
    put(dataDir, `embeddings/Person ${i}.json`, sidecar.replace('"Ada"', `"Person ${i}"`));
    put(dataDir, `embeddings/Person ${i}.npy`, npy);
  }
  expect((await open()).report).toMatchObject({ people: 2001, examples: 2001 });
});
