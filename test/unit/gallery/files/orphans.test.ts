import { cpSync, rmSync } from 'node:fs';
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
  filesOf,
  numbered,
  put,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../../helpers/gallery-fixture.js';

afterEach(removeTemporaryFolders);

let dataDir: string;
beforeEach(async () => {
  dataDir = temporaryFolder();
  const { gallery } = await open();
  for (const number of [1, 2]) await gallery.add('Ada', exampleOf(number));
  await gallery.add('Eve', exampleOf(3));
});

const open = () => openNpyGallery({ dataDir, contract });

describe('a crop without a row', () => {
  it('is quarantined', async () => {
    const orphan = 'uploads/Ada/0123456789abcdef.jpg';
    put(dataDir, orphan, 'a face');
    const before = filesIn(dataDir);
    const { gallery, report } = await open();
    expect(report).toMatchObject({
      unknownFiles: [],
      quarantined: [{ files: [orphan], why: 'No row of the gallery belongs to it.' }],
    });
    const { to } = report.quarantined[0];
    expect(bytesOf(dataDir, `${to!}/${orphan}`).toString()).toBe('a face');
    expect(filesIn(dataDir)).toEqual(before.map((file) => (file === orphan ? `${to!}/${orphan}` : file)).sort());
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1, 2), Eve: numbered(3) });
  });

  it('is quarantined also where its row was deleted by hand', async () => {
    const [, second] = (await open()).gallery.person('Ada').examples;
    put(dataDir, 'embeddings/Ada.npy', writeFloatMatrix(vectorOf(1), 1, 4));
    const { gallery, report } = await open();
    expect(await contentsOf(gallery)).toEqual({ Ada: numbered(1), Eve: numbered(3) });
    expect(report.quarantined).toMatchObject([{ files: [second.crop] }]);
  });

  it('is deleted with its person', async () => {
    put(dataDir, 'uploads/Ada/0123456789abcdef.jpg', 'a face');
    put(dataDir, 'uploads/Ada.B/0123456789abcdef.jpg', 'of another');
    const { gallery, report } = await open();
    await gallery.removePerson('Ada');
    const { to } = report.quarantined[0];
    const left = [`${to!}/uploads/Ada.B/0123456789abcdef.jpg`, ...filesOf(gallery)];
    expect(filesIn(dataDir).filter((file) => !file.endsWith('/'))).toEqual(left.sort());
  });
});

describe('a row without its crop', () => {
  it('stays in use and is reported', async () => {
    const [{ crop }] = (await open()).gallery.person('Eve').examples;
    rmSync(join(dataDir, crop!));
    const { gallery, report } = await open();
    expect(report).toMatchObject({ missingCrops: [crop], quarantined: [], people: 2 });
    const [{ id, embedding }] = (await gallery.embeddedPerson('Eve')).examples;
    expect(embedding).toEqual(vectorOf(3));
    await expect(gallery.crop('Eve', id)).rejects.toMatchObject({ code: 'example_not_found' });
    await gallery.removePerson('Eve');
    expect((await open()).report).toMatchObject({ missingCrops: [], people: 1 });
  });
});

describe('a person whose rows are gone', () => {
  it('is quarantined, and enrolled again when the files are restored', async () => {
    const rows = bytesOf(dataDir, 'embeddings/Eve.npy');
    rmSync(join(dataDir, 'embeddings/Eve.npy'));
    const { gallery, report } = await open();
    expect(gallery.people().map(({ name }) => name)).toEqual(['Ada']);
    const files = report.quarantined.flatMap((group) => group.files);
    expect(files).toHaveLength(2);
    for (const file of files) cpSync(join(dataDir, report.quarantined[0].to!, file), join(dataDir, file));
    put(dataDir, 'embeddings/Eve.npy', rows);
    expect(await contentsOf((await open()).gallery)).toEqual({ Ada: numbered(1, 2), Eve: numbered(3) });
  });
});

it('moments that are the same, as after the clock was set back, get a folder each', async () => {
  const orphan = 'uploads/Ada/0123456789abcdef.jpg';
  const clock = Date;
  const moment = new clock('2020-01-01T00:00:00Z');
  globalThis.Date = class extends clock {
    constructor() {
      super(moment.getTime());
    }
  } as DateConstructor;
  try {
    for (const text of ['one', 'two']) {
      put(dataDir, orphan, text);
      await open();
    }
  } finally {
    globalThis.Date = clock;
  }
  const [first, second] = ['', '-2'].map((mark) => `.quarantine/2020-01-01T00-00-00.000Z${mark}/${orphan}`);
  expect([first, second].map((path) => bytesOf(dataDir, path).toString())).toEqual(['one', 'two']);
});
