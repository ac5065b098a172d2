import { expect, it } from 'vitest';
import { auditTrail } from '../../src/app/state-stores.js';
import { Attendance } from '../../src/attendance/attendance.js';
import type { AttendanceStore } from '../../src/attendance/attendance-store.js';
import { FileAttendance } from '../../src/attendance/file-attendance.js';
import { type AttendanceSession, EMPTY_ROW, newSessionId, type Row, type Seen } from '../../src/attendance/session.js';
import type { Gallery } from '../../src/gallery/gallery.js';
import { plainVault } from '../../src/gallery/sealing/vault.js';
import { temporaryFolder } from './gallery-fixture.js';
import type { StoreFixture } from './sighting-store-contract.js';
import { minutesAfter, NOON } from './sightings.js';

export interface AttendanceFixture extends Pick<StoreFixture, 'gallery'> {
  readonly store: AttendanceStore;
}

export function seenAt(minutes: number, more: Partial<Seen> = {}): Seen {
  const at = minutesAfter(minutes).toISOString();
  const place = { source: 'photo', camera: null } as const;
  return { state: 'present', why: [], first: at, last: at, ...place, distance: 0.5, threshold: 1, ...more };
}

export function sessionOf(people: readonly string[], more: Partial<AttendanceSession> = {}): AttendanceSession {
  const rows = people.map((person): Row => ({ person, ...EMPTY_ROW }));
  const facts = { title: 'Ñandú "3B"', group: '3B', camera: null, lateAfter: NOON.toISOString(), ended: null };
  return { id: newSessionId(NOON), ...facts, rows, ...more };
}

/** @returns the session with another row of a person */
export function withRow(person: string, change: Partial<Row>) {
  return (session: AttendanceSession): AttendanceSession => ({
    ...session,
    rows: session.rows.map((row) => (row.person === person ? { ...row, ...change } : row)),
  });
}

/** Attendance over a store, by default one in an empty folder. */
export function attendanceOver(
  gallery: Pick<Gallery, 'people'>,
  store: AttendanceStore = new FileAttendance(temporaryFolder(), plainVault),
): Attendance {
  return new Attendance({ store, gallery, trail: auditTrail(temporaryFolder(), false) });
}

/** What every store of attendance does. @param open a new one for each test, over a gallery with Ada and Bea */
export function itIsAnAttendanceStore(open: () => Promise<AttendanceFixture>): void {
  const everyone = () => true;
  const all = (store: AttendanceStore) => store.list({ limit: Infinity });

  it('returns what was added, in the order of the people', async () => {
    const { store } = await open();
    const session = sessionOf(['Bea', 'Ada']);
    expect(await store.get(session.id)).toBeNull();
    expect(await store.put(session, everyone)).toEqual(session);
    expect(plain(await store.get(session.id))).toEqual(session);
    expect((await all(store)).map(plain)).toEqual([session]);
  });

  it('replaces the session of the same id', async () => {
    const { store } = await open();
    const session = sessionOf(['Ada', 'Bea']);
    await store.put(session, everyone);
    await store.put({ ...session, title: 'other', rows: session.rows.slice(1) }, everyone);
    const { title, rows } = (await store.get(session.id))!;
    expect([title, rows.map(({ person }) => person)]).toEqual(['other', ['Bea']]);
    await store.put(session, everyone);
    expect((await all(store)).map(plain)).toEqual([session]);
  });

  it('lists pages, the newest first', async () => {
    const { store } = await open();
    const ids = [0, 1, 2].map((minute) => newSessionId(minutesAfter(minute)));
    for (const id of ids) await store.put(sessionOf(['Ada'], { id }), everyone);
    const listed = async (page: Parameters<AttendanceStore['list']>[0]) => (await store.list(page)).map(({ id }) => id);
    expect(await listed({ limit: 2 })).toEqual([ids[2], ids[1]]);
    expect(await listed({ limit: 2, before: ids[1] })).toEqual([ids[0]]);
    expect(await listed({ limit: 9, since: ids[1] })).toEqual([ids[2], ids[1]]);
  });

  it('changes sessions one after the other, and writes nothing where nothing changes', async () => {
    const { store } = await open();
    const session = sessionOf(['Ada', 'Bea']);
    await store.put(session, everyone);
    const edits = Array.from({ length: 10 }, () => (one: AttendanceSession) => ({ ...one, title: `${one.title}.` }));
    await Promise.all(edits.map((edit) => store.change(session.id, edit)));
    await store.change(session.id, withRow('Ada', { seen: seenAt(1), note: 'by bus' }));
    await store.change(session.id, (one) => one);
    const after = (await store.get(session.id))!;
    expect(after.title).toBe(`${session.title}..........`);
    expect(after.rows).toMatchObject([
      { person: 'Ada', seen: seenAt(1), note: 'by bus' },
      { person: 'Bea', ...EMPTY_ROW },
    ]);
    expect(await store.remove(session.id)).toBe(true);
    expect(await store.remove(session.id)).toBe(false);
    expect([await store.get(session.id), await store.change(session.id, (one) => one)]).toEqual([null, null]);
  });

  it('erases a person from every session, and takes them into no other', async () => {
    const { store, gallery } = await open();
    const sessions = [0, 1].map((minute) => sessionOf(['Ada', 'Bea'], { id: newSessionId(minutesAfter(minute)) }));
    for (const session of sessions) await store.put(session, everyone);
    const { attendance } = await store.erasing('Ada', () => gallery.removePerson('Ada'));
    expect(attendance).toBe(2);
    expect((await all(store)).map(({ rows }) => rows.map(({ person }) => person))).toEqual([['Bea'], ['Bea']]);
    const later = sessionOf(['Ada', 'Bea'], { id: newSessionId(minutesAfter(2)) });
    const isEnrolled = (name: string) => gallery.people().some((person) => person.name === name);
    expect((await store.put(later, isEnrolled)).rows.map(({ person }) => person)).toEqual(['Bea']);
  });

  it('follows a rename and a merge, which leaves one row', async () => {
    const { store, gallery } = await open();
    const session = sessionOf(['Ada', 'Bea']);
    await store.put(session, everyone);
    await store.renaming('Ada', 'Ada King', () => gallery.rename('Ada', 'Ada King'));
    expect((await store.get(session.id))!.rows.map(({ person }) => person)).toEqual(['Ada King', 'Bea']);
    await store.change(session.id, withRow('Ada King', { seen: seenAt(3), note: 'one' }));
    await store.change(session.id, withRow('Bea', { seen: seenAt(1), note: 'two' }));
    await store.renaming('Bea', 'Ada King', () => gallery.merge('Bea', 'Ada King'));
    const merged = { seen: { ...seenAt(1), last: seenAt(3).last }, note: 'one; two' };
    expect((await store.get(session.id))!.rows).toMatchObject([{ person: 'Ada King', ...merged }]);
    await store.change(session.id, withRow('Ada King', { note: 'three' }));
    expect((await store.get(session.id))!.rows).toMatchObject([{ ...merged, note: 'three' }]);
  });
}

/** Without the keys of the rows. */
export function plain(session: AttendanceSession | null): AttendanceSession | null {
  return (
    session && {
      ...session,
      rows: session.rows.map(({ person, seen, manual, note }) => ({ person, seen, manual, note })),
    }
  );
}
