import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../../../src/app/state-stores.js';
import type { AttendanceStore } from '../../../../src/attendance/attendance-store.js';
import { DatabaseAttendance } from '../../../../src/attendance/database-attendance.js';
import { FileAttendance } from '../../../../src/attendance/file-attendance.js';
import { newSessionId } from '../../../../src/attendance/session.js';
import { openNpyGallery } from '../../../../src/gallery/files/open-npy-gallery.js';
import type { Gallery } from '../../../../src/gallery/gallery.js';
import { sealingKey } from '../../../../src/gallery/sealing/sealed.js';
import { vaultOf } from '../../../../src/gallery/sealing/vault.js';
import { zipOf } from '../../../../src/shared/archive/zip.js';
import { BackupExporter } from '../../../../src/transfer/backup/backup.js';
import { OpenBackup } from '../../../../src/transfer/backup/open-backup.js';
import { restoreBackup } from '../../../../src/transfer/backup/restore.js';
import { attendanceOver, plain, seenAt, sessionOf, withRow } from '../../../helpers/attendance-store-contract.js';
import { contract, exampleOf, removeTemporaryFolders, temporaryFolder } from '../../../helpers/gallery-fixture.js';
import { closeAll, openPg } from '../../../helpers/postgres-fixture.js';
import { hasPostgres, startPostgres, type TestPostgres } from '../../../helpers/postgres.js';
import { minutesAfter } from '../../../helpers/sightings.js';
import { unzipped } from '../../../helpers/zip.js';

interface Place {
  readonly gallery: Gallery;
  readonly store: AttendanceStore;
}

const PASSPHRASE = 'correct horse battery staple';
const everyone = () => true;
const vault = vaultOf([sealingKey(randomBytes(32))]);
let postgres: TestPostgres;

async function inFiles(): Promise<Place> {
  const dataDir = temporaryFolder();
  const { gallery } = await openNpyGallery({ dataDir, contract });
  return { gallery, store: new FileAttendance(join(dataDir, '.state'), vault) };
}

async function inDatabase(): Promise<Place> {
  const { gallery, database } = await openPg(await postgres.newDatabase());
  return { gallery, store: new DatabaseAttendance(database, vault) };
}

describe.each([
  { place: 'files', open: inFiles, isHere: true },
  { place: 'PostgreSQL', open: inDatabase, isHere: hasPostgres },
])('attendance in a backup of $place', ({ open, isHere, place }) => {
  let from: Place;
  let file: string;
  beforeAll(async () => {
    if (place === 'PostgreSQL' && isHere) postgres = await startPostgres();
  });
  beforeEach(async () => {
    if (!isHere) return;
    from = await open();
    file = join(temporaryFolder(), 'backup.zip');
    for (const [i, name] of ['Ada', 'Bea'].entries()) await from.gallery.add(name, exampleOf(i + 1));
  });
  afterEach(closeAll);
  afterAll(async () => {
    removeTemporaryFolders();
    if (place === 'PostgreSQL' && isHere) await postgres.stop();
  });

  async function exported(passphrase?: string) {
    const { gallery, store } = from;
    const trail = auditTrail(temporaryFolder(), false);
    const parts = { gallery, attendance: attendanceOver(gallery, store), pluginData: [], trail, contract };
    const backup = await new BackupExporter(parts).begin(passphrase);
    await pipeline(zipOf(backup.files), createWriteStream(file));
    return backup.summary();
  }

  async function restored({ gallery, store }: Place, replace = false, passphrase?: string) {
    const backup = await OpenBackup.open(file, passphrase);
    try {
      const attendance = attendanceOver(gallery, store);
      const options = { gallery, attendance, pluginData: [], contract, replace, reembed: null };
      const { attendance: counts } = await restoreBackup(backup, options);
      return counts;
    } finally {
      backup.close();
    }
  }

  const sessionsOf = async ({ store }: Place) => (await store.list({ limit: Infinity })).map(plain);
  const none = { sessions: 2, added: 0, merged: 0, replaced: 0, unchanged: 0 };

  it.skipIf(!isHere).each([undefined, PASSPHRASE])('comes back as it was, passphrase: %s', async (passphrase) => {
    const old = sessionOf(['Ada', 'Bea'], { ended: minutesAfter(50).toISOString() });
    const young = sessionOf(['Bea'], { id: newSessionId(minutesAfter(60)), group: null, title: 'secret title' });
    for (const session of [old, young]) await from.store.put(session, everyone);
    await from.store.change(old.id, withRow('Ada', { seen: seenAt(3), note: 'by bus' }));
    const manual = { state: 'absent', at: minutesAfter(9).toISOString() } as const;
    await from.store.change(old.id, withRow('Bea', { seen: seenAt(1, { state: 'doubtful', why: ['far'] }), manual }));
    expect(await exported(passphrase)).toMatchObject({ people: 2, attendance: 2 });
    const stored = Buffer.concat([...(await unzipped(await readFile(file))).values()]);
    expect(stored.includes('secret title')).toBe(passphrase === undefined);

    const to = await open();
    expect(await restored(to, false, passphrase)).toEqual({ ...none, added: 2 });
    expect(await sessionsOf(to)).toEqual(await sessionsOf(from));
    for (const replace of [false, true]) {
      expect(await restored(to, replace, passphrase)).toEqual({ ...none, unchanged: 2 });
    }
    // A person who was erased comes back with the rows; what was changed since then stays.
    await to.store.erasing('Ada', () => to.gallery.removePerson('Ada'));
    await to.store.change(old.id, (session) => ({ ...session, title: 'changed' }));
    expect(await restored(to, false, passphrase)).toEqual({ ...none, merged: 1, unchanged: 1 });
    const { title, rows } = (await to.store.get(old.id))!;
    expect([title, rows.map(({ person, note }) => [person, note])]).toEqual([
      'changed',
      [
        ['Bea', ''],
        ['Ada', 'by bus'],
      ],
    ]);
    expect(await restored(to, true, passphrase)).toEqual({ ...none, replaced: 1, unchanged: 1 });
    expect(await sessionsOf(to)).toEqual(await sessionsOf(from));
  });

  it.skipIf(!isHere)(
    'has nobody who was erased, and more sessions than are read at once',
    async () => {
      const ids = Array.from({ length: 201 }, (_, i) => newSessionId(minutesAfter(i)));
      for (const id of ids) await from.store.put(sessionOf(['Ada', 'Bea'], { id }), everyone);
      // As if it happened after the people were read: the rows are still there.
      const parts = { ...from, gallery: { ...galleryWithout(from.gallery, 'Ada') } };
      const trail = auditTrail(temporaryFolder(), false);
      const attendance = attendanceOver(from.gallery, from.store);
      const backup = await new BackupExporter({ ...parts, attendance, pluginData: [], trail, contract }).begin();
      await pipeline(zipOf(backup.files), createWriteStream(file));
      const files = await unzipped(await readFile(file));
      const sessions = [...files].filter(([path]) => path.startsWith('attendance/'));
      expect(sessions).toHaveLength(201);
      for (const [, bytes] of sessions) expect(bytes.includes('"Ada"')).toBe(false);
      const to = await open();
      expect(await restored(to)).toMatchObject({ sessions: 201, added: 201 });
      expect((await sessionsOf(to)).map((session) => session!.id)).toEqual(ids.reverse());
    },
    60_000,
  );
});

function galleryWithout(gallery: Gallery, name: string): ConstructorParameters<typeof BackupExporter>[0]['gallery'] {
  return {
    people: () => gallery.people().filter((person) => person.name !== name),
    person: (one) => gallery.person(one),
    embeddedPerson: (one) => gallery.embeddedPerson(one),
    crop: (one, id) => gallery.crop(one, id),
    negatives: gallery.negatives,
  };
}
