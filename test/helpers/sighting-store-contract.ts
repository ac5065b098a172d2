import { expect, it } from 'vitest';
import type { SightingStore } from '../../src/history/sighting-store.js';
import type { NewSighting, SightingFilter } from '../../src/history/sighting.js';
import { changeOf, daysAfter, faceOf, minutesAfter, NOON, sightingOf } from './sightings.js';

/** A store over a gallery with Ada and Bea. */
export interface StoreFixture {
  readonly store: SightingStore;
  readonly gallery: {
    removePerson(name: string): Promise<unknown>;
    rename(from: string, to: string): Promise<unknown>;
    merge(from: string, into: string): Promise<unknown>;
    people(): readonly { readonly name: string }[];
  };
}

/** What every store of sightings does. @param open a new one for each test */
export function itIsASightingStore(open: () => Promise<StoreFixture>): void {
  const openWith = async (...sightings: NewSighting[]) => {
    const fixture = await open();
    const isEnrolled = (name: string | null) => fixture.gallery.people().some((person) => person.name === name);
    const add = (sighting: NewSighting) => fixture.store.add(sighting, faceOf(), () => isEnrolled(sighting.person));
    for (const sighting of sightings) expect(await add(sighting)).toBe(true);
    const ids = async (filter: SightingFilter = {}, page = { limit: 100 }) =>
      (await fixture.store.list(filter, page)).map(({ id }) => id);
    return { ...fixture, add, ids };
  };

  it('returns what was added, with the face', async () => {
    const { store } = await openWith();
    const [sighting, face] = [sightingOf({ person: 'Ada', camera: 'Tür' }), faceOf()];
    expect(await store.get(sighting.id)).toBeNull();
    await store.add(sighting, face, () => true);
    expect(await store.get(sighting.id)).toEqual({ ...sighting, hasCrop: true, stranger: null, mark: null });
    const stored = (await store.face(sighting.id))!;
    expect([stored.embedding!.contract, [...stored.embedding!.vector]]).toEqual(['net-1', [...face.embedding!.vector]]);
    expect(Buffer.from(stored.crop!).equals(face.crop)).toBe(true);
    const bare = sightingOf({ quality: null, distance: null, falseMatchRate: null, live: null });
    await store.add(bare, { embedding: null, crop: null }, () => true);
    expect(await store.get(bare.id)).toEqual({ ...bare, hasCrop: false, stranger: null, mark: null });
    expect(await store.face(bare.id)).toEqual({ embedding: null, crop: null });
  });

  it('lists by every filter, the newest first, in pages', async () => {
    const [ada, stranger, live] = [
      sightingOf({ person: 'Ada', quality: 0.9 }),
      sightingOf({ at: minutesAfter(5), camera: 'yard' }),
      sightingOf({ at: daysAfter(1), person: 'Bea', source: 'live', camera: null, quality: null }),
    ];
    const { ids } = await openWith(stranger, live, ada);
    const [a, s, l] = [ada.id, stranger.id, live.id];
    expect(await ids()).toEqual([l, s, a]);
    const expected: [SightingFilter, string[]][] = [
      [{ person: 'Ada' }, [a]],
      [{ person: 'Eve' }, []],
      [{ stranger: true }, [s]],
      [{ stranger: false }, [l, a]],
      [{ source: 'live' }, [l]],
      [{ camera: 'yard' }, [s]],
      [{ minQuality: 0.6 }, [a]],
      [{ from: minutesAfter(5) }, [l, s]],
      [{ to: minutesAfter(5) }, [a]],
      [{ from: minutesAfter(1), to: daysAfter(1), stranger: true }, [s]],
      [{ person: 'Ada', stranger: true }, []],
    ];
    for (const [filter, found] of expected) expect([filter, await ids(filter)]).toEqual([filter, found]);
    expect(await ids({}, { limit: 2 })).toEqual([l, s]);
    expect(await ids({}, { limit: 2, before: s } as never)).toEqual([a]);
    expect(await ids({ stranger: false }, { limit: 1, before: l } as never)).toEqual([a]);
  });

  it('changes a sighting, but not its person, and not one that was erased', async () => {
    const sighting = sightingOf({ person: 'Ada' });
    const { store } = await openWith(sighting);
    const change = changeOf(sightingOf({ last: minutesAfter(9), looks: 9, quality: 0.95 }));
    const before = await store.face(sighting.id);
    expect(await store.update(sighting.id, change, null)).toBe(true);
    expect(await store.get(sighting.id)).toEqual({ ...sighting, ...change, hasCrop: true, stranger: null, mark: null });
    expect(Buffer.from((await store.face(sighting.id))!.crop!).equals(before!.crop!)).toBe(true);
    await store.update(sighting.id, change, { embedding: null, crop: null });
    expect((await store.get(sighting.id))?.hasCrop).toBe(false);
    expect([await store.removeOne(sighting.id), await store.removeOne(sighting.id)]).toEqual([true, false]);
    expect(await store.update(sighting.id, change, faceOf())).toBe(false);
    expect([await store.get(sighting.id), await store.face(sighting.id)]).toEqual([null, null]);
  });

  it('gives a sighting to another person, or to nobody', async () => {
    const [ada, stranger] = [sightingOf({ person: 'Ada' }), sightingOf({ at: minutesAfter(5) })];
    const { store, gallery, ids } = await openWith(ada, stranger);
    expect(await store.assign(stranger.id, 'Bea', () => true)).toBe(true);
    expect(await store.assign(ada.id, null, () => true)).toBe(true);
    expect([await ids({ person: 'Bea' }), await ids({ person: 'Ada' })]).toEqual([[stranger.id], []]);
    expect(await store.get(stranger.id)).toEqual({
      ...stranger,
      person: 'Bea',
      hasCrop: true,
      stranger: null,
      mark: null,
    });
    expect(await store.assign(ada.id, 'Eve', () => false)).toBe(false);
    await store.removeOne(ada.id);
    expect(await store.assign(ada.id, 'Bea', () => true)).toBe(false);
    await store.erasing('Bea', () => gallery.removePerson('Bea'));
    expect(await ids()).toEqual([]);
  });

  it('gives sightings to a stranger until they have a name', async () => {
    const [one, two, ada] = [sightingOf(), sightingOf({ at: minutesAfter(5) }), sightingOf({ person: 'Ada' })];
    const { store, ids } = await openWith(one, two, ada);
    const [here, there] = ['0123456789abcdef', 'fedcba9876543210'];
    await store.place([one.id, two.id, ada.id, 'gone'], here, null);
    expect(await ids({ strangerId: here })).toEqual([two.id, one.id]);
    expect((await store.summary()).strangers).toBe(1);
    await store.place([two.id], there, 'not_a_face');
    const { camera, last, quality } = two;
    expect(await store.strangers(1)).toMatchObject([
      { id: two.id, camera, last, quality, hasCrop: true, stranger: there, mark: 'not_a_face' },
    ]);
    expect((await store.strangers(9)).map(({ id }) => id)).toEqual([two.id, one.id]);
    expect([await ids({ notAFace: true }), await ids({ notAFace: false })]).toEqual([
      [two.id],
      expect.arrayContaining([one.id, ada.id]),
    ]);
    expect((await store.summary()).strangers).toBe(1);
    await store.assign(one.id, 'Bea', () => true);
    expect(await store.get(one.id)).toMatchObject({ person: 'Bea', stranger: null, mark: null });
    expect((await store.summary()).strangers).toBe(0);
    expect(await store.remove({ strangerId: there })).toBe(1);
  });

  it('erases what a filter matches, and counts it', async () => {
    const { store, ids } = await openWith(
      ...[sightingOf(), sightingOf({ at: daysAfter(1) }), sightingOf({ at: daysAfter(2), person: 'Ada' })],
    );
    expect(await store.summary()).toEqual({ count: 3, since: NOON, strangers: 0 });
    expect(await store.remove({ to: daysAfter(1) })).toBe(1);
    expect(await store.remove({ person: 'Eve' })).toBe(0);
    expect(await ids()).toHaveLength(2);
    expect(await store.remove({})).toBe(2);
    expect(await store.summary()).toEqual({ count: 0, since: null, strangers: 0 });
  });

  it('erases what began more than some days ago', async () => {
    const [old, young] = [sightingOf(), sightingOf({ at: daysAfter(2) })];
    const { store, ids } = await openWith(old, young);
    expect([await store.prune(daysAfter(3), 3), await ids()]).toEqual([0, [young.id, old.id]]);
    expect([await store.prune(daysAfter(3.1), 3), await ids()]).toEqual([1, [young.id]]);
  });

  it('erases a person with all their sightings, and takes none of them afterwards', async () => {
    const [own, of, stranger] = [
      sightingOf({ person: 'Ada' }),
      sightingOf({ at: daysAfter(1), person: 'Ada' }),
      sightingOf(),
    ];
    const { store, gallery, add, ids } = await openWith(own, of, stranger);
    const { sightings } = await store.erasing('Ada', () => gallery.removePerson('Ada'));
    expect([sightings, await ids()]).toEqual([2, [stranger.id]]);
    expect(await add(sightingOf({ person: 'Ada' }))).toBe(false);
    expect(await ids()).toEqual([stranger.id]);
  });

  it('follows a rename and a merge', async () => {
    const [ada, bea] = [sightingOf({ person: 'Ada' }), sightingOf({ at: minutesAfter(1), person: 'Bea' })];
    const { store, gallery, ids } = await openWith(ada, bea);
    await store.renaming('Ada', 'Ada King', () => gallery.rename('Ada', 'Ada King'));
    expect((await store.get(ada.id))?.person).toBe('Ada King');
    expect([await ids({ person: 'Ada' }), await ids({ person: 'Ada King' })]).toEqual([[], [ada.id]]);
    await store.renaming('Bea', 'Ada King', () => gallery.merge('Bea', 'Ada King'));
    expect(await ids({ person: 'Ada King' })).toEqual([bea.id, ada.id]);
    const refused = store.renaming('Eve', 'Bea', () => gallery.rename('Eve', 'Bea'));
    await expect(refused).rejects.toMatchObject({ code: 'person_not_found' });
    expect((await store.erasing('Ada King', () => gallery.removePerson('Ada King'))).sightings).toBe(2);
    expect(await ids()).toEqual([]);
  });
}
