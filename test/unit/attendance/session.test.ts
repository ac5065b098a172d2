import { describe, expect, it } from 'vitest';
import {
  combineRows,
  countsOf,
  EMPTY_ROW,
  type LookOfPerson,
  statusOf,
  withLooks,
} from '../../../src/attendance/session.js';
import { seenAt, sessionOf, withRow } from '../../helpers/attendance-store-contract.js';
import { minutesAfter } from '../../helpers/sightings.js';

const sure: LookOfPerson = { person: 'Ada', state: 'present', why: [], distance: 0.5, threshold: 1 };
const doubtful: LookOfPerson = { ...sure, state: 'doubtful', why: ['far'], distance: 0.95 };
const photoAt = (minutes: number) => ({ at: minutesAfter(minutes), source: 'photo', camera: null }) as const;
const time = (minutes: number) => minutesAfter(minutes).toISOString();
const look = (session: ReturnType<typeof sessionOf>, ...looks: [LookOfPerson, number][]) =>
  looks.reduce((before, [one, at]) => withLooks(before, [one], photoAt(at)), session);
const seenOf = (...looks: [LookOfPerson, number][]) => look(sessionOf(['Ada']), ...looks).rows[0].seen;

describe('looks', () => {
  it('keep the first and the last time, in any order', () => {
    expect(seenOf([sure, 5], [sure, 9])).toMatchObject({ first: time(5), last: time(9) });
    expect(seenOf([sure, 5], [sure, 9], [sure, 2])).toMatchObject({ first: time(2), last: time(9) });
  });

  it('that are sure replace the doubtful ones with their time, and stay', () => {
    expect(seenOf([doubtful, 1], [sure, 7])).toMatchObject({ state: 'present', why: [], first: time(7) });
    expect(seenOf([sure, 7], [doubtful, 1])).toMatchObject({ state: 'present', first: time(7), last: time(7) });
  });

  it('that are doubtful have the doubts of the nearest', () => {
    const nearer = { ...doubtful, why: ['poor'], distance: 0.4 } as const;
    expect(seenOf([doubtful, 1], [nearer, 2])).toMatchObject({ state: 'doubtful', why: ['poor'], distance: 0.4 });
    expect(seenOf([nearer, 1], [doubtful, 2])).toMatchObject({ why: ['poor'], distance: 0.4, last: time(2) });
  });

  it('of people who are not expected, and repeated ones within seconds, change nothing', () => {
    const session = look(sessionOf(['Ada']), [sure, 1]);
    expect(withLooks(session, [{ ...sure, person: 'Eve' }], photoAt(2))).toBe(session);
    expect(withLooks(session, [sure], { ...photoAt(1), at: new Date(minutesAfter(1).getTime() + 9000) })).toBe(session);
    expect(withLooks(session, [sure], photoAt(2))).not.toBe(session);
  });

  it('leave what a user said', () => {
    const manual = { state: 'absent', at: time(0) } as const;
    const session = look(withRow('Ada', { manual })(sessionOf(['Ada'])), [sure, 1]);
    expect(statusOf(session.rows[0], null)).toEqual({
      state: 'absent',
      late: false,
      first: null,
      last: null,
      by: 'manual',
    });
    expect(statusOf({ ...session.rows[0], manual: null }, null)).toMatchObject({ state: 'present', by: 'photo' });
  });
});

describe('a row', () => {
  it('is late after the time, not at it, also when marked by hand', () => {
    const rows = [0, 1].map((minutes) => ({ ...EMPTY_ROW, seen: seenAt(minutes) }));
    expect(rows.map((row) => statusOf(row, time(0)).late)).toEqual([false, true]);
    const byHand = { ...EMPTY_ROW, manual: { state: 'present', at: time(5) } } as const;
    expect(statusOf(byHand, time(0))).toMatchObject({ late: true, first: time(5), by: 'manual' });
    expect(statusOf({ ...byHand, seen: seenAt(0) }, time(0)).late).toBe(false);
    expect(statusOf(EMPTY_ROW, time(0))).toEqual({ state: 'absent', late: false, first: null, last: null, by: null });
  });

  it('is counted', () => {
    const rows = [seenAt(0), seenAt(1), seenAt(1, { state: 'doubtful', why: ['far'] }), null].map((seen, i) => ({
      person: String(i),
      ...EMPTY_ROW,
      seen,
    }));
    const counts = countsOf({ rows, lateAfter: time(0) });
    expect(counts).toEqual({ expected: 4, present: 2, late: 1, doubtful: 1, absent: 1 });
  });

  it('of two people who were merged is one, present if either was', () => {
    const rows = [
      { person: 'Ada', ...EMPTY_ROW, seen: seenAt(1, { state: 'doubtful', why: ['far'] }), note: 'x' },
      { person: 'Ada', ...EMPTY_ROW, seen: seenAt(2), note: 'x' },
      { person: 'Bea', ...EMPTY_ROW },
    ];
    const [ada, bea] = combineRows(rows);
    expect([ada, bea.person]).toMatchObject([{ seen: { state: 'present', first: time(2) }, note: 'x' }, 'Bea']);
  });
});
