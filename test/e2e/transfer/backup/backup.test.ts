import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../../../src/app/state-stores.js';
import { RostroError } from '../../../../src/shared/errors.js';
import { zipOf, type ZipEntry } from '../../../../src/shared/archive/zip.js';
import { BackupExporter } from '../../../../src/transfer/backup/backup.js';
import { type EmptySubjects, EmptySubjectsFile } from '../../../../src/plugins/compreface/empty-subjects.js';
import { OpenBackup } from '../../../../src/transfer/backup/open-backup.js';
import { restoreBackup, type RestoreOptions } from '../../../../src/transfer/backup/restore.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import { attendanceOver } from '../../../helpers/attendance-store-contract.js';
import {
  contentsOf,
  contract,
  exampleOf,
  negated,
  negativeOf,
  numbered,
  otherContract,
  removeTemporaryFolders,
  said,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../../helpers/gallery-fixture.js';
import { hasPostgres, needsPostgres, startPostgres } from '../../../helpers/postgres.js';
import { closeAll, openPg } from '../../../helpers/postgres-fixture.js';
import { unzipped } from '../../../helpers/zip.js';

const PASSPHRASE = 'correct horse battery staple';
const consent = { basis: 'other', date: '2026-09-01', note: null } as const;
const described = { id: '7', metadata: { room: 12, tags: ['a', null] }, groups: ['night', 'staff'] };
const details = { ...described, consent, expires: '2020-01-31', cover: '2'.padStart(16, '0') };

let gallery: Gallery;
let file: string;
beforeEach(async () => {
  gallery = await galleryIn(temporaryFolder());
  file = join(temporaryFolder(), 'backup.zip');
  await gallery.put(wholePerson('Ada', details, 1, 2));
  await gallery.addAll('Žoë/no: "path"'.replaceAll('/', ' '), [exampleOf(3)]);
  await gallery.add('Bo', exampleOf(4));
});
afterAll(removeTemporaryFolders);

async function galleryIn(dataDir: string, its = contract): Promise<Gallery> {
  return (await openNpyGallery({ dataDir, contract: its })).gallery;
}

const noSubjects = () => new EmptySubjectsFile(temporaryFolder());

const backupsOf = (
  its: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'crop' | 'negatives'>,
  subjects: EmptySubjects = noSubjects(),
) =>
  new BackupExporter({
    gallery: its,
    attendance: attendanceOver(its),
    pluginData: [subjects],
    contract,
    trail: auditTrail(temporaryFolder(), false),
  });

async function exported(its: Parameters<typeof backupsOf>[0] = gallery, passphrase?: string, subjects?: EmptySubjects) {
  const backup = await backupsOf(its, subjects).begin(passphrase);
  await pipeline(zipOf(backup.files), createWriteStream(file));
  return backup.summary();
}

async function restoreInto(into: Gallery, options: Partial<RestoreOptions> = {}, passphrase?: string) {
  const backup = await OpenBackup.open(file, passphrase);
  try {
    const attendance = attendanceOver(into);
    const usual = { attendance, pluginData: [noSubjects()], contract, replace: false, reembed: null };
    return await restoreBackup(backup, { gallery: into, ...usual, ...options });
  } finally {
    backup.close();
  }
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return `${error.code}${typeof error.details?.reason === 'string' ? ` ${error.details.reason}` : ''}`;
  }
  return 'none';
}

describe('an archive of the whole gallery', () => {
  it.each([undefined, PASSPHRASE])('brings everybody back, passphrase: %s', async (passphrase) => {
    expect(await exported(gallery, passphrase)).toEqual({
      people: 3,
      examples: 4,
      crops: 4,
      cropsMissing: 0,
      attendance: 0,
    });
    const other = await galleryIn(temporaryFolder());
    const report = await restoreInto(other, {}, passphrase);
    expect(report).toMatchObject({ people: 3, added: 3, merged: 0, unchanged: 0, complete: true });
    expect(await contentsOf(other)).toEqual(await contentsOf(gallery));
    const plain = (its: Gallery) =>
      its.people().map((person) => ({ ...person, examples: person.examples.map((one) => ({ ...one, crop: null })) }));
    expect(plain(other)).toEqual(plain(gallery));
    expect(await restoreInto(other, {}, passphrase)).toMatchObject({ added: 0, unchanged: 3 });
    expect(await restoreInto(other, { replace: true }, passphrase)).toMatchObject({ replaced: 0, unchanged: 3 });
  });

  it.each([undefined, PASSPHRASE])('brings back negatives, passphrase: %s', async (passphrase) => {
    const nearest = gallery.person('Ada').examples[0].id;
    await gallery.negatives.add('Ada', { ...negativeOf(5), nearest });
    await gallery.negatives.add('Bo', negativeOf(6));
    expect(await exported(gallery, passphrase)).toMatchObject({ examples: 4, crops: 6 });
    const other = await galleryIn(temporaryFolder());
    await restoreInto(other, {}, passphrase);
    expect(await contentsOf(other)).toEqual(await contentsOf(gallery));
    expect(other.person('Ada').negatives![0]).toEqual(gallery.person('Ada').negatives![0]);
    expect(await restoreInto(other, {}, passphrase)).toMatchObject({ merged: 0, unchanged: 3 });
    await other.negatives.add('Ada', negativeOf(7));
    await other.negatives.remove('Ada', other.person('Ada').negatives![0].id);
    expect(await restoreInto(other, {}, passphrase)).toMatchObject({ merged: 1, unchanged: 2 });
    expect((await contentsOf(other)).Ada.slice(-2)).toEqual(negated(7, 5));
    expect(await restoreInto(other, { replace: true }, passphrase)).toMatchObject({ replaced: 1, unchanged: 2 });
    expect(await contentsOf(other)).toEqual(await contentsOf(gallery));
  });

  it('brings back names without examples, but for those whom somebody has become', async () => {
    const [from, to] = [noSubjects(), noSubjects()];
    for (const [name, group] of [
      ['Eve', 'door'],
      ['Eve', null],
      ['Ada', 'door'],
      ['Zed', 'door'],
    ] as const) {
      await from.add({ name, group });
    }
    await to.add({ name: 'Zed', group: 'door' });
    await exported(gallery, PASSPHRASE, from);
    const other = await galleryIn(temporaryFolder());
    expect(await restoreInto(other, { pluginData: [to] }, PASSPHRASE)).toMatchObject({
      pluginData: [{ field: 'subjects', added: 2 }],
    });
    expect(await to.all()).toEqual([
      { name: 'Eve', group: null },
      { name: 'Eve', group: 'door' },
      { name: 'Zed', group: 'door' },
    ]);
    expect(await restoreInto(other, { pluginData: [to] }, PASSPHRASE)).toMatchObject({
      pluginData: [{ field: 'subjects', added: 0 }],
    });
  });

  it('holds what NumPy and any unzip program read, and hashes that are right', async () => {
    await exported();
    const files = await unzipped(await readFile(file));
    const manifest = JSON.parse(files.get('manifest.json')!.toString()) as { entries: { path: string }[] };
    expect(manifest).toMatchObject({ format: 'rostro-backup', version: 1, people: 3, contract: { dimension: 4 } });
    expect(manifest.entries.map(({ path }) => path).sort()).toEqual(
      [...files.keys()].filter((path) => path !== 'manifest.json').sort(),
    );
    const npy = files.get('people/000001/embeddings.npy')!;
    expect(npy.subarray(1, 6).toString()).toBe('NUMPY');
    expect(npy.toString('latin1', 10, 128)).toContain("'descr': '<f4', 'fortran_order': False, 'shape': (2, 4)");
    expect(npy.readFloatLE(npy.length - 4 * 4)).toBeCloseTo(Math.cos(2), 6);
  });

  it('shows no name and no picture to whoever lacks the passphrase', async () => {
    await exported(gallery, PASSPHRASE);
    const files = await unzipped(await readFile(file));
    const everything = [...files].map(([path, bytes]) => path + bytes.toString('latin1')).join();
    for (const secret of ['Ada', 'crop 1', 'NUMPY', 'staff']) expect(everything).not.toContain(secret);
    const other = await galleryIn(temporaryFolder());
    expect(await codeOf(() => restoreInto(other))).toBe('encryption_key_wrong');
    expect(await codeOf(() => restoreInto(other, {}, 'correct horse battery stable'))).toBe('encryption_key_wrong');
    expect(await codeOf(() => exported(gallery, 'short'))).toBe('bad_request');
    expect(other.people()).toEqual([]);
  });
});

describe('an export while the gallery is changed', () => {
  /** The gallery, with something done to it when a crop of `name` is read for the first time. */
  const whenRead = (name: string, change: () => Promise<unknown>) => {
    let isDone = false;
    return {
      people: () => gallery.people(),
      person: (one: string) => gallery.person(one),
      embeddedPerson: (one: string) => gallery.embeddedPerson(one),
      negatives: gallery.negatives,
      async crop(one: string, id: string) {
        if (one === name && !isDone) {
          isDone = true;
          await change();
        }
        return gallery.crop(one, id);
      },
    };
  };

  it.each<[what: string, change: () => Promise<unknown>, expected: Record<string, string[]>]>([
    ['erased', () => gallery.removePerson('Bo'), {}],
    ['renamed', () => gallery.rename('Bo', 'Robert'), { Robert: numbered(4) }],
    ['given another photo', () => gallery.add('Bo', exampleOf(5)), { Bo: numbered(4, 5) }],
    [
      'erased and enrolled anew',
      async () => {
        await gallery.removePerson('Bo');
        await gallery.add('Bo', exampleOf(6));
      },
      { Bo: numbered(6) },
    ],
  ])('has whoever is %s as they are then, and the others', async (_what, change, expected) => {
    const others = await contentsOf(gallery);
    delete others.Bo;
    expect(await exported(whenRead('Bo', change))).toMatchObject({ cropsMissing: 0 });
    const other = await galleryIn(temporaryFolder());
    await restoreInto(other);
    expect(await contentsOf(other)).toEqual({ ...others, ...expected });
  });
});

describe('a restore into a gallery with people', () => {
  it('adds what is missing, or puts the archive in their place where that is asked for', async () => {
    await exported();
    const before = await contentsOf(gallery);
    await gallery.removeExample('Ada', gallery.person('Ada').examples[0].id);
    await gallery.add('Ada', exampleOf(9));
    await gallery.describe('Ada', { groups: ['day'], metadata: { room: 13 } });
    await gallery.add('Zoltan', exampleOf(10));
    expect(await restoreInto(gallery)).toMatchObject({ added: 0, merged: 1, unchanged: 2 });
    expect((await contentsOf(gallery)).Ada).toEqual([
      ...said({ ...details, metadata: { room: 13, tags: ['a', null] }, groups: ['day', 'night', 'staff'] }),
      ...numbered(2, 9, 1),
    ]);
    expect(await restoreInto(gallery)).toMatchObject({ merged: 0, unchanged: 3 });
    expect(await restoreInto(gallery, { replace: true })).toMatchObject({ replaced: 1, unchanged: 2 });
    expect(await contentsOf(gallery)).toEqual({ ...before, Zoltan: numbered(10) });
  });

  it('is refused before anything changes where an id is somebody else’s', async () => {
    await exported();
    await gallery.removePerson('Ada');
    await gallery.add('Eve', exampleOf(8), { id: '7' });
    const version = gallery.version;
    expect(await codeOf(() => restoreInto(gallery))).toBe('id_taken');
    expect(gallery.version).toBe(version);
  });

  it('goes on where it was stopped', async () => {
    await exported();
    const other = await galleryIn(temporaryFolder());
    const stop = new AbortController();
    const onPerson: RestoreOptions['onPerson'] = (done, _total, step) =>
      step === 'restored' && done === 1 && stop.abort();
    expect(await restoreInto(other, { signal: stop.signal, onPerson })).toMatchObject({ added: 1, complete: false });
    expect(await restoreInto(other)).toMatchObject({ added: 2, unchanged: 1, complete: true });
    expect(await contentsOf(other)).toEqual(await contentsOf(gallery));
  });

  it('refuses another embedder’s vectors, or makes them anew from the crops', async () => {
    await exported();
    const other = await galleryIn(temporaryFolder(), otherContract);
    const into = { contract: otherContract };
    expect(await codeOf(() => restoreInto(other, into))).toBe('gallery_contract_mismatch');
    expect(other.people()).toEqual([]);
    const reembed: RestoreOptions['reembed'] = ({ crop }) => {
      const number = Number(Buffer.from(crop!).toString().slice(5));
      return Promise.resolve(number === 4 ? null : vectorOf(number, otherContract.dimension));
    };
    expect(await restoreInto(other, { ...into, reembed })).toMatchObject({ added: 2, unable: ['Bo'] });
    expect((await contentsOf(other)).Ada.slice(1)).toEqual(numbered(1, 2));
    expect(await restoreInto(other, { ...into, reembed })).toMatchObject({ added: 0, unchanged: 2 });
  });
});

describe.skipIf(!hasPostgres)(`a restore into PostgreSQL${needsPostgres}`, () => {
  it('brings everybody back, and an archive of that gallery brings them back into files', async () => {
    await exported();
    const postgres = await startPostgres();
    try {
      const { gallery: shared } = await openPg(await postgres.newDatabase());
      expect(await restoreInto(shared)).toMatchObject({ added: 3, complete: true });
      expect(await contentsOf(shared)).toEqual(await contentsOf(gallery));
      expect(await restoreInto(shared)).toMatchObject({ added: 0, unchanged: 3 });
      await exported(shared);
      const files = await galleryIn(temporaryFolder());
      await restoreInto(files);
      expect(await contentsOf(files)).toEqual(await contentsOf(gallery));
    } finally {
      await closeAll();
      await postgres.stop();
    }
  });
});

describe('an archive that was changed', () => {
  async function forged(change: (files: Map<string, Buffer>) => void): Promise<void> {
    const files = await unzipped(await readFile(file));
    change(files);
    const entries = [...files].map(([path, bytes]): ZipEntry => ({ path, bytes }));
    await pipeline(zipOf(entries), createWriteStream(file));
  }
  const json = (files: Map<string, Buffer>, path: string, change: (value: Record<string, unknown>) => void) => {
    const value = JSON.parse(files.get(path)!.toString()) as Record<string, unknown>;
    change(value);
    files.set(path, Buffer.from(JSON.stringify(value)));
  };

  it.each<[what: string, change: (files: Map<string, Buffer>) => void, code: string]>([
    [
      'a crop',
      (files) => void (files.get([...files.keys()].find((path) => path.includes('/crops/'))!)![0] ^= 1),
      'bad_archive damaged',
    ],
    ['a name', (files) => json(files, 'people/000002/person.json', (one) => (one.name = 'Eve')), 'bad_archive damaged'],
    ['a file that is gone', (files) => void files.delete('people/000003/embeddings.npy'), 'bad_archive missing'],
    [
      'a file more',
      (files) => void files.set('people/000009/person.json', Buffer.from('{}')),
      'bad_archive unknown_content',
    ],
    ['no manifest', (files) => void files.delete('manifest.json'), 'bad_archive unknown_content'],
    [
      'a manifest of a later version',
      (files) => json(files, 'manifest.json', (one) => (one.version = 2)),
      'bad_archive unknown_content',
    ],
    [
      'fewer people than it says',
      (files) => json(files, 'manifest.json', (one) => (one.people = 2)),
      'bad_archive unknown_content',
    ],
    [
      'another dimension',
      (files) => json(files, 'manifest.json', (one) => ((one.contract as { dimension: number }).dimension = 5)),
      'bad_archive unknown_content',
    ],
  ])('changes nothing: %s', async (_what, change, code) => {
    await exported();
    await forged(change);
    const other = await galleryIn(temporaryFolder());
    expect(await codeOf(() => restoreInto(other))).toBe(code);
    expect(other.people()).toEqual([]);
  });

  it('changes nothing wherever it is cut, and sealed ones are bound to their places', async () => {
    await exported(gallery, PASSPHRASE);
    const whole = await readFile(file);
    await forged((files) => {
      const [one, two] = ['people/000002/person.json', 'people/000003/person.json'];
      const kept = files.get(one)!;
      files.set(one, files.get(two)!).set(two, kept);
    });
    const other = await galleryIn(temporaryFolder());
    expect(await codeOf(() => restoreInto(other, {}, PASSPHRASE))).toBe('encryption_key_wrong');
    for (const share of [0, 0.3, 0.7, 0.99]) {
      await writeFile(file, whole.subarray(0, Math.floor(share * whole.length)));
      expect(await codeOf(() => restoreInto(other, {}, PASSPHRASE))).toBe('bad_archive damaged');
    }
    expect(other.people()).toEqual([]);
  });
});
