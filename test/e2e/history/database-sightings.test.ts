import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { plainVault, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { DatabaseSightings } from '../../../src/history/database-sightings.js';
import { Strangers } from '../../../src/history/strangers.js';
import { memoryLogger } from '../../helpers/log.js';
import { startPglite, type TestPglite } from '../../helpers/pglite.js';
import { closeAll, openPgWithPeople } from '../../helpers/postgres-fixture.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { itIsASightingStore } from '../../helpers/sighting-store-contract.js';
import { daysAfter, faceOf, sightingOf } from '../../helpers/sightings.js';

const vault = vaultOf([sealingKey(randomBytes(32))]);

async function openStore(url: string, used = plainVault) {
  const { gallery, database } = await openPgWithPeople(url);
  return { store: new DatabaseSightings(database, used), gallery };
}

describe.skipIf(!hasPostgres)(`sightings in PostgreSQL${needsPostgres}`, () => {
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

  itIsASightingStore(() => openStore(url));

  it('are shared by two servers, and go when either erases the person', async () => {
    const [here, there] = [await openStore(url), await openStore(url)];
    const [ada, stranger] = [sightingOf({ person: 'Ada' }), sightingOf()];
    await here.store.add(ada, faceOf(), () => true);
    await there.store.add(stranger, faceOf(), () => true);
    expect(await there.store.get(ada.id)).toMatchObject({ person: 'Ada' });
    await there.gallery.rename('Ada', 'Ada King');
    expect(await here.store.get(ada.id)).toMatchObject({ person: 'Ada King' });
    // Without `erasing`: the row of the person takes them along.
    await there.gallery.removePerson('Ada King');
    expect(await here.store.list({}, { limit: 9 })).toMatchObject([{ id: stranger.id }]);
    expect(await here.store.add(sightingOf({ person: 'Ada King' }), faceOf(), () => true)).toBe(false);
  });

  it('show the same strangers at two servers, whichever compared or changed them', async () => {
    const contract = { id: 'net-1', threshold: 1 };
    const servers = [await openStore(url, vault), await openStore(url, vault)].map(({ store }) => {
      const strangers = new Strangers({ store, contract, threshold: { current: () => 1 }, log: memoryLogger() });
      const see = async (position: number) => {
        const sighting = sightingOf();
        const embedding = { contract: contract.id, vector: Float32Array.of(1, position) };
        await store.add(sighting, { embedding, crop: null }, () => true);
        await strangers.place(sighting.id);
        return sighting.id;
      };
      return { store, strangers, see };
    });
    const [here, there] = servers;
    const seen = [await here.see(0), await there.see(0.5), await here.see(0.4), await there.see(9)];
    const strangerOf = async (id: string) => (await here.store.get(id))!.stranger!;
    const [a, b] = [await strangerOf(seen[0]), await strangerOf(seen[3])];
    expect([await strangerOf(seen[1]), await strangerOf(seen[2]), a === b]).toEqual([a, a, false]);
    for (const { strangers } of servers) {
      expect((await strangers.list(9)).strangers.map(({ id, sightings }) => [id, sightings])).toEqual([
        [a, 3],
        [b, 1],
      ]);
    }
    await there.strangers.merge(b, a);
    // Their centre is at 2.475 now.
    expect(await strangerOf(await here.see(2.9))).toBe(a);
    await here.strangers.hide(a);
    expect(await there.strangers.list(9)).toEqual({ strangers: [], next: null, total: 0 });
    expect(await there.store.get(await there.see(2.6))).toMatchObject({ stranger: a, mark: 'not_a_face' });
  });

  it('outlast the start of a server that records nothing, until the limit of the one that recorded them', async () => {
    const { store } = await openStore(url);
    const sighting = sightingOf();
    await store.add(sighting, faceOf(), () => true, daysAfter(5));
    expect(await store.prune(daysAfter(4.9), 0)).toBe(0);
    expect(await store.prune(daysAfter(5.1), 0)).toBe(1);
  });

  it('have encrypted faces where a key is set, which fit their own rows alone', async () => {
    const { store } = await openStore(url, vault);
    const [one, two, face] = [sightingOf(), sightingOf(), faceOf()];
    await store.add(one, face, () => true);
    await store.add(two, faceOf(), () => true);
    const [{ face: stored }] = await query(url, `SELECT face FROM rostro.sightings WHERE id = '${one.id}'`);
    expect((stored as Buffer).includes(Buffer.from(face.crop).subarray(0, 12))).toBe(false);
    expect(Buffer.from((await store.face(one.id))!.crop!).equals(face.crop)).toBe(true);
    await query(url, `UPDATE rostro.sightings SET face = (SELECT face FROM rostro.sightings WHERE id = '${one.id}')`);
    await expect(store.face(two.id)).rejects.toMatchObject({ code: 'gallery_corrupt' });
  });
});

describe('sightings in PostgreSQL compiled to WebAssembly', () => {
  let pglite: TestPglite;
  beforeAll(async () => {
    pglite = await startPglite({ withVector: false });
  });
  afterAll(() => pglite.stop());
  afterEach(async () => {
    await closeAll();
    await pglite.empty();
  });

  itIsASightingStore(() => openStore(pglite.url));
});
