import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrateGallery } from '../../../src/app/migration.js';
import type { Attendance } from '../../../src/attendance/attendance.js';
import { FileAttendance } from '../../../src/attendance/file-attendance.js';
import { archivedSession } from '../../../src/transfer/backup/format.js';
import { readConfig, type Config } from '../../../src/app/config.js';
import { sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { EmptySubjectsFile } from '../../../src/plugins/compreface/empty-subjects.js';
import { FolderLock } from '../../../src/gallery/files/folder-lock.js';
import type { Gallery } from '../../../src/gallery/gallery.js';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import { plainVault, vaultOf, type Vault } from '../../../src/gallery/sealing/vault.js';
import { attendanceOver } from '../../helpers/attendance-store-contract.js';
import { memoryLogger } from '../../helpers/log.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import {
  contentsOf,
  contract,
  exampleOf,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
  wholePerson,
} from '../../helpers/gallery-fixture.js';
import { closeAll, openPg } from '../../helpers/postgres-fixture.js';

const sealed = vaultOf([sealingKey(Buffer.alloc(32, 7))]);

/** What a migration reports of the data of plugins: CompreFace's subjects. */
const added = (count: number) => [{ field: 'subjects', title: expect.any(String) as string, added: count }];

describe.skipIf(!hasPostgres)(`moving a gallery${needsPostgres}`, () => {
  let postgres: TestPostgres;
  let url: string;
  let dataDir: string;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres.stop();
    removeTemporaryFolders();
  });
  beforeEach(async () => {
    url = await postgres.newDatabase();
    dataDir = temporaryFolder();
  });

  const configFor = (folder: string): Config => readConfig({ ROSTRO_DATA: folder, DATABASE_URL: url });
  const move = (from: 'files' | 'postgres', folder: string, vault: Vault, replace = false, signal?: AbortSignal) =>
    migrateGallery({ config: configFor(folder), contract, vault, log: memoryLogger([]) }, from, { replace, signal });
  const filesIn = async (folder: string, vault: Vault = plainVault): Promise<Gallery> =>
    (await openNpyGallery({ dataDir: folder, contract, vault })).gallery;

  async function fill(folder: string, vault: Vault = plainVault): Promise<Gallery> {
    const gallery = await filesIn(folder, vault);
    const consent = { basis: 'legal_duty', date: '2026-09-01', note: 'Form 7' } as const;
    const details = {
      id: 'E-1',
      metadata: { a: [1.5, null], z: 1 },
      groups: ['x', 'y'],
      consent,
      expires: '2099-01-31',
    };
    await gallery.put(wholePerson('Ada', details, 1, 2));
    const whole = wholePerson('山田', { id: null, metadata: {}, groups: [] }, 3, 4);
    const [first, second] = whole.examples;
    const png = Buffer.from('\x89PNG and so on', 'latin1');
    const examples = [
      { ...first, crop: png, details: { ...first.details!, photoHash: 'ab'.repeat(32) } },
      { ...second, crop: null, addedAt: null, details: null, id: 'original-0123456789ab' },
    ];
    await gallery.put({ ...whole, examples });
    for (let i = 0; i < 20; i++) await gallery.add(`Person ${i}`, exampleOf(i));
    for (const number of [5, 6]) await gallery.negatives.add('Person 3', { ...exampleOf(number), nearest: 'original' });
    return gallery;
  }

  it.each([
    ['plain', plainVault],
    ['encrypted', sealed],
  ])('takes everything there and back, %s', async (_, vault) => {
    const before = await contentsOf(await fill(dataDir, vault));
    const there = await move('files', dataDir, vault);
    expect(there.report).toEqual({
      copied: 22,
      already: 0,
      conflicts: [],
      lostNames: [],
      missingCrops: 0,
      attendance: 0,
      pluginData: added(0),
    });
    expect(there.comparison).toEqual({ people: 22, examples: 24, different: [] });
    const shared = await openPg(url, { vault });
    expect(await contentsOf(shared.gallery)).toEqual(before);
    await closeAll();
    const other = temporaryFolder();
    const back = await move('postgres', other, vault);
    expect(back).toEqual(there);
    const again = await filesIn(other, vault);
    const original = await filesIn(dataDir, vault);
    expect(await contentsOf(again)).toEqual(before);
    // The folders of an encrypted gallery have random names.
    const withoutFolders = (gallery: Gallery) => JSON.stringify(gallery.people()).replace(/uploads\/sealed~\w+/g, '');
    expect(withoutFolders(again)).toEqual(withoutFolders(original));
    expect(readdirSync(join(other, 'embeddings')).filter((name) => name.endsWith('.npy'))).toHaveLength(22);
  });

  it('goes on where it was stopped', async () => {
    await fill(dataDir);
    const stop = new AbortController();
    let copied = 0;
    const parts = { config: configFor(dataDir), contract, vault: plainVault, log: memoryLogger([]) };
    const onPerson = (done: number): void => {
      copied = done;
      if (done === 8) stop.abort();
    };
    await expect(migrateGallery(parts, 'files', { replace: false, onPerson, signal: stop.signal })).rejects.toThrow();
    expect(copied).toBe(8);
    expect(await query(url, 'SELECT count(*) FROM rostro.people')).toEqual([{ count: '8' }]);
    const { report, comparison } = await move('files', dataDir, plainVault);
    expect(report).toEqual({
      copied: 14,
      already: 8,
      conflicts: [],
      lostNames: [],
      missingCrops: 0,
      attendance: 0,
      pluginData: added(0),
    });
    expect(comparison.different).toEqual([]);
  });

  it('takes names without examples along, both ways', async () => {
    const subjects = [
      { name: 'Eve', group: null },
      { name: 'Eve', group: 'door' },
    ];
    const other = temporaryFolder();
    const [here, there] = [dataDir, other].map((folder) => new EmptySubjectsFile(join(folder, '.state')));
    for (const subject of subjects) await here.add(subject);
    expect((await move('files', dataDir, plainVault)).report).toMatchObject({ copied: 0, pluginData: added(2) });
    expect((await move('files', dataDir, plainVault)).report).toMatchObject({ pluginData: added(0) });
    expect((await move('postgres', other, plainVault)).report).toMatchObject({ pluginData: added(2) });
    expect(await there.all()).toEqual(subjects);
  });

  it.each([
    ['plain', plainVault],
    ['encrypted', sealed],
  ])('takes the attendance along, both ways, %s', async (_, vault) => {
    const gallery = await fill(dataDir, vault);
    const sessionsIn = (folder: string) => attendanceOver(gallery, new FileAttendance(join(folder, '.state'), vault));
    const before = sessionsIn(dataDir);
    const facts = { title: '3B', lateAfter: null, camera: null };
    const { id } = await before.open({ ...facts, group: null, people: ['Ada', 'Person 1'] });
    await before.mark(id, 'Ada', { state: 'present', note: 'by bus' });
    await before.open({ ...facts, title: '3C', group: null, people: null });
    const plainSessions = async (attendance: Attendance) =>
      (await attendance.list({ limit: 9 })).map((one) => archivedSession(one));
    const other = temporaryFolder();
    expect((await move('files', dataDir, vault)).report).toMatchObject({ attendance: 2 });
    expect((await move('files', dataDir, vault)).report).toMatchObject({ attendance: 0 });
    expect((await move('postgres', other, vault)).report).toMatchObject({ attendance: 2 });
    expect(await plainSessions(sessionsIn(other))).toEqual(await plainSessions(sessionsIn(dataDir)));
  });

  it('leaves whom the target has otherwise, unless it is told to replace them', async () => {
    await fill(dataDir);
    const { gallery } = await openPg(url);
    await gallery.add('Ada', exampleOf(9));
    await gallery.add('Somebody', exampleOf(10), { id: 'E-1' });
    await closeAll();
    const first = await move('files', dataDir, plainVault);
    expect(first.report).toMatchObject({ copied: 21, conflicts: ['Ada'] });
    expect(first.comparison.different).toEqual(['Ada']);
    const taken = await move('files', dataDir, plainVault, true);
    expect(taken.report).toMatchObject({ copied: 0, already: 21, conflicts: ['Ada'] });
    const again = await openPg(url);
    await again.gallery.removePerson('Somebody');
    await closeAll();
    const last = await move('files', dataDir, plainVault, true);
    expect(last.report).toMatchObject({ copied: 1, conflicts: [] });
    expect(last.comparison.different).toEqual([]);
  });

  it('tells by reading again where one bit is not the same', async () => {
    await fill(dataDir);
    await move('files', dataDir, plainVault);
    const damages = [
      `UPDATE rostro.examples SET crop = crop || '\\x00' WHERE person = (SELECT key FROM rostro.people WHERE name = 'Ada')`,
      `UPDATE rostro.people SET metadata = '{"z": 2}' WHERE name = 'Ada'`,
      `UPDATE rostro.examples SET added_at = now() WHERE person = (SELECT key FROM rostro.people WHERE name = 'Ada')`,
    ];
    for (const damage of damages) {
      await query(url, damage);
      expect((await move('files', dataDir, plainVault)).comparison.different).toEqual(['Ada']);
      expect((await move('files', dataDir, plainVault, true)).comparison.different).toEqual([]);
    }
    expect(vectorOf(1)).toEqual(
      (await openPg(url)).gallery.embedded().find(({ name }) => name === 'Ada')!.examples[0].embedding,
    );
    await closeAll();
  });

  it('needs a database, and a folder that no server writes', async () => {
    const parts = { contract, vault: plainVault, log: memoryLogger([]) };
    const noDatabase = readConfig({ ROSTRO_DATA: dataDir });
    await expect(migrateGallery({ ...parts, config: noDatabase }, 'files', { replace: false })).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining('DATABASE_URL is not set') as string,
    });
    const lock = await FolderLock.acquire(dataDir);
    await expect(move('files', dataDir, plainVault)).rejects.toMatchObject({ code: 'gallery_locked' });
    await lock.release();
    await move('files', dataDir, plainVault);
  });
});
