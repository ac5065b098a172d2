import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileAttendance } from '../../../src/attendance/file-attendance.js';
import { PictureMarks } from '../../../src/attendance/picture-marks.js';
import { newSessionId, statusOf } from '../../../src/attendance/session.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { sessionOf } from '../../helpers/attendance-store-contract.js';
import { removeTemporaryFolders, temporaryFolder } from '../../helpers/gallery-fixture.js';
import { memoryLogger } from '../../helpers/log.js';
import { minutesAfter, NOON } from '../../helpers/sightings.js';

afterAll(removeTemporaryFolders);

const everyone = () => true;
const box = { x: 100, y: 100, width: 120, height: 120 };
const image = { width: 640, height: 480 };

/** A face of a stream, good in every respect. */
const faceOf = (name: string | null, more: object = {}) => ({
  box,
  name,
  distance: 0.5,
  threshold: 1,
  runnerUp: null,
  landmarks: null,
  quality: 0.9,
  cutOff: false,
  live: null,
  goodLooks: 3,
  ...more,
});

let store: FileAttendance;
let now: Date;
let answer: { image: typeof image; facesFound: number; faces: ReturnType<typeof faceOf>[] };
let asked: unknown[];
let logged: string[];
let marks: PictureMarks;
beforeEach(() => {
  store = new FileAttendance(temporaryFolder(), plainVault);
  now = minutesAfter(1);
  [asked, logged] = [[], []];
  const recognize = (...question: unknown[]) => {
    asked.push(question);
    return Promise.resolve(answer as never);
  };
  const parts = { store, recognition: { recognize }, live: { recognize }, log: memoryLogger(logged) };
  marks = new PictureMarks({ ...parts, now: () => now });
});

async function opened(more: Parameters<typeof sessionOf>[1] = {}): Promise<string> {
  return (await store.put(sessionOf(['Ada', 'Bea'], { lateAfter: null, ...more }), everyone)).id;
}

async function statesIn(id: string): Promise<string[]> {
  return (await store.get(id))!.rows.map((row) => statusOf(row, null).state);
}

describe('a photo', () => {
  it('marks those who are expected, and tells of each face what it did', async () => {
    const id = await opened();
    const edge = { x: 600, y: 100, width: 120, height: 120 };
    const faces = [faceOf('Ada'), faceOf('Eve'), faceOf(null, { distance: null }), faceOf('Bea', { box: edge })];
    answer = { image, facesFound: 5, faces };
    const looked = await marks.photo(id, new Uint8Array(1), { at: NOON });
    expect(looked.faces.map(({ person, expected, cutOff, state }) => [person, expected, cutOff, state])).toEqual([
      ['Ada', true, false, 'present'],
      ['Eve', false, false, 'present'],
      [null, false, false, null],
      ['Bea', true, true, null],
    ]);
    expect([looked.facesFound, await statesIn(id)]).toEqual([5, ['present', 'absent']]);
    expect(looked.session.rows[0].seen).toMatchObject({ first: NOON.toISOString(), source: 'photo' });
    expect(asked).toMatchObject([[new Uint8Array(1), { liveness: 'off' }, undefined]]);
  });

  it('is refused once the session has ended, and where there is none', async () => {
    const ended = await opened({ ended: NOON.toISOString() });
    await expect(marks.photo(ended, new Uint8Array(1), {})).rejects.toMatchObject({ code: 'attendance_ended' });
    const gone = marks.photo('000000000000-000000000000', new Uint8Array(1), {});
    await expect(gone).rejects.toMatchObject({ code: 'attendance_not_found' });
    expect(asked).toEqual([]);
  });
});

it('a live frame marks after two good looks', async () => {
  const id = await opened();
  answer = { image, facesFound: 1, faces: [faceOf('Ada', { goodLooks: 1 })] };
  const first = await marks.frame(id, new Uint8Array(1), { liveSession: 'one' });
  expect([first.faces[0].why, await statesIn(id)]).toEqual([['once'], ['doubtful', 'absent']]);
  answer = { image, facesFound: 1, faces: [faceOf('Ada')] };
  await marks.frame(id, new Uint8Array(1), { liveSession: 'one' });
  expect(await statesIn(id)).toEqual(['present', 'absent']);
  expect(asked.map((question) => (question as unknown[])[0])).toEqual(['one', 'one']);
});

describe('a camera of the server', () => {
  it('marks in the running sessions that it was chosen for, for 12 hours', async () => {
    const faces = [faceOf('Ada'), faceOf('Bea', { cutOff: true })] as never;
    const id = (hours: number) => newSessionId(new Date(now.getTime() - 3_600_000 * hours));
    const own = await opened({ camera: 'door', id: id(11) });
    const others = [
      await opened({ camera: 'yard', id: id(1) }),
      await opened({ camera: null, id: id(1) }),
      await opened({ camera: 'door', id: id(1), ended: NOON.toISOString() }),
      await opened({ camera: 'door', id: id(13) }),
    ];
    await marks.seenBy('door', faces);
    expect(await statesIn(own)).toEqual(['present', 'absent']);
    expect((await store.get(own))!.rows[0].seen).toMatchObject({ source: 'camera', camera: 'door' });
    for (const other of others) expect(await statesIn(other)).toEqual(['absent', 'absent']);
  });

  it('stops within seconds after the session has ended', async () => {
    const id = await opened({ camera: 'door', id: newSessionId(now) });
    await marks.seenBy('door', [faceOf('Eve')] as never);
    await store.change(id, (session) => ({ ...session, ended: now.toISOString() }));
    await marks.seenBy('door', [faceOf('Ada')] as never);
    expect(await statesIn(id)).toEqual(['absent', 'absent']);
  });

  it('goes on after a failure, which is logged without names', async () => {
    const id = await opened({ camera: 'door', id: newSessionId(now) });
    const broken = new PictureMarks({
      recognition: {} as never,
      live: {} as never,
      log: memoryLogger(logged),
      now: () => now,
      store: {
        get: () => Promise.resolve(null),
        list: (page) => store.list(page),
        change: () => Promise.reject(new Error('disk')),
      },
    });
    await broken.seenBy('door', [faceOf('Ada')] as never);
    expect(logged.join()).toContain('internal');
    expect(logged.join()).not.toContain('Ada');
    expect(await statesIn(id)).toEqual(['absent', 'absent']);
  });
});
