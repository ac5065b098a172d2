import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseAttendance } from '../../../src/attendance/database-attendance.js';
import { sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { plainVault, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { itIsAnAttendanceStore, sessionOf, withRow } from '../../helpers/attendance-store-contract.js';
import { startPglite, type TestPglite } from '../../helpers/pglite.js';
import { closeAll, openPgWithPeople } from '../../helpers/postgres-fixture.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../helpers/postgres.js';

async function openStore(url: string, used = plainVault) {
  const { gallery, database } = await openPgWithPeople(url);
  return { store: new DatabaseAttendance(database, used), gallery };
}

describe.skipIf(!hasPostgres)(`attendance in PostgreSQL${needsPostgres}`, () => {
  let postgres: TestPostgres;
  let url: string;
  beforeAll(async () => {
    if (hasPostgres) postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    url = await postgres.newDatabase();
  });
  afterEach(closeAll);

  itIsAnAttendanceStore(() => openStore(url));

  it('is shared by two servers, which lose no mark, and rows go when either erases the person', async () => {
    const [here, there] = [await openStore(url), await openStore(url)];
    const session = sessionOf(['Ada', 'Bea']);
    await here.store.put(session);
    const edits = [here, there].flatMap(({ store }) =>
      Array.from({ length: 5 }, () => store.change(session.id, (one) => ({ ...one, title: `${one.title}.` }))),
    );
    await Promise.all(edits);
    expect((await there.store.get(session.id))!.title).toBe(`${session.title}..........`);
    await there.gallery.rename('Ada', 'Ada King');
    expect((await here.store.get(session.id))!.rows.map(({ person }) => person)).toEqual(['Ada King', 'Bea']);
    // Without `erasing`: the row of the person takes them along.
    await there.gallery.removePerson('Ada King');
    expect((await here.store.get(session.id))!.rows.map(({ person }) => person)).toEqual(['Bea']);
    await here.store.remove(session.id);
    expect(await query(url, 'SELECT 1 FROM rostro.attendance_people')).toEqual([]);
  });

  it('has encrypted titles and notes where a key is set, which fit their own rows alone', async () => {
    const { store } = await openStore(url, vaultOf([sealingKey(randomBytes(32))]));
    const session = sessionOf(['Ada', 'Bea']);
    await store.put(session);
    await store.change(session.id, withRow('Ada', { note: 'by the bus' }));
    const stored = await query(
      url,
      'SELECT facts FROM rostro.attendance UNION ALL SELECT facts FROM rostro.attendance_people',
    );
    const bytes = Buffer.concat(stored.map(({ facts }) => facts as Buffer)).toString('utf8');
    for (const text of ['3B', 'by the bus', 'note']) expect(bytes).not.toContain(text);
    expect((await store.get(session.id))!.rows[0].note).toBe('by the bus');
    await query(
      url,
      'UPDATE rostro.attendance_people SET facts = (SELECT facts FROM rostro.attendance_people LIMIT 1)',
    );
    await expect(store.get(session.id)).rejects.toMatchObject({ code: 'gallery_corrupt' });
  });
});

describe('attendance in PostgreSQL compiled to WebAssembly', () => {
  let pglite: TestPglite;
  beforeAll(async () => {
    pglite = await startPglite({ withVector: false });
  });
  afterAll(() => pglite.stop());
  afterEach(async () => {
    await closeAll();
    await pglite.empty();
  });

  itIsAnAttendanceStore(() => openStore(pglite.url));
});
