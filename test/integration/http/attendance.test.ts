import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyFile } from '../../../src/gallery/sealing/key-file.js';
import * as schemas from '../../../src/http/schemas.js';
import { createKey } from '../../helpers/access.js';
import { entriesIn } from '../../helpers/audit-log.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { csvRows } from '../../helpers/csv-rows.js';
import { exampleOf } from '../../helpers/gallery-fixture.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { unzipped } from '../../helpers/zip.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' } as const;
const PAST = '2026-03-01T08:05:00.000Z';

let photos: Photos;
beforeAll(async () => {
  photos = await cutPhotos();
});

describe('attendance', () => {
  let dataDir: string;
  let server: TestServer;
  let settings: Parameters<typeof startServer>[0];
  let id: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'rostro-attendance-'));
    const keyFile = join(dataDir, 'key');
    await createKeyFile(keyFile);
    settings = { ...NETWORKS, ROSTRO_DATA: dataDir, ENCRYPTION_KEY_FILE: keyFile };
    server = await startServer(settings);
    const enrolled = { Ada: photos.samePerson, '=Bea': photos.otherPerson };
    for (const [name, bytes] of Object.entries(enrolled)) {
      await server.core.enrolment.enrol({ bytes, fileName: undefined, name });
      await server.core.people.change(name, { id: `${name.length}-1`, groups: ['3B'] });
    }
    const embedding = new Float32Array(server.core.contract.dimension).fill(9);
    await server.core.gallery.add('Cyd', { ...exampleOf(1), embedding }, { groups: ['3B'] });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const call = (path: string, method = 'GET', body?: unknown) =>
    fetch(`${server.url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  const session = async (reply: Promise<Response>) => schemas.attendance.parse(await (await reply).json());
  const failure = async (reply: Promise<Response>) => {
    const refused = await reply;
    const json: unknown = await refused.json();
    return [refused.status, schemas.failure.parse(json).error.code];
  };
  const look = async (photo: Uint8Array, query = '') => {
    const headers = { 'content-type': 'image/jpeg' };
    const options = { method: 'POST', headers, body: new Uint8Array(photo) };
    const reply = await fetch(`${server.url}/attendance/${id}/pictures${query}`, options);
    return schemas.attendancePicture.parse(await reply.json());
  };
  const states = ({ people }: Awaited<ReturnType<typeof session>>) =>
    Object.fromEntries(people.map(({ person, state }) => [person, state]));

  it('is opened for a group, for people, for everyone; not for nobody', async () => {
    const opened = await session(call('/attendance', 'POST', { title: ' 3B ', group: '3B', lateAfter: PAST }));
    ({ id } = opened);
    expect(opened).toMatchObject({ title: '3B', group: '3B', lateAfter: PAST, ended: null, camera: null });
    expect(opened.counts).toEqual({ expected: 3, present: 0, late: 0, doubtful: 0, absent: 3 });
    expect(opened.people[0]).toMatchObject({ person: '=Bea', personId: '4-1', state: 'absent', seen: null });
    expect(opened.people.map(({ crop }) => crop !== null)).toEqual([true, true, true]);
    const others = [{ title: 'x', people: ['Ada', 'Ada'] }, { title: 'x' }];
    for (const [i, body] of others.entries()) {
      const other = await session(call('/attendance', 'POST', body));
      expect(other.people).toHaveLength([1, 3][i]);
      expect((await call(`/attendance/${other.id}`, 'DELETE')).status).toBe(200);
    }
    const refused: [object, string][] = [
      [{ title: 'x', group: '4C' }, 'bad_request'],
      [{ title: '', group: '3B' }, 'bad_request'],
      [{ title: 'x', group: '3B', people: ['Ada'] }, 'bad_request'],
      [{ title: 'x', lateAfter: '8:00' }, 'bad_request'],
      [{ title: 'x', people: ['Eve'] }, 'person_not_found'],
      [{ title: 'x', camera: 'door' }, 'camera_not_found'],
    ];
    for (const [body, code] of refused) expect((await failure(call('/attendance', 'POST', body)))[1]).toBe(code);
  });

  it('is marked by photos, at their time, and never by a half face', async () => {
    const { width, height } = await sharp(photos.portrait).metadata();
    const found = (await look(photos.portrait)).faces[0].box;
    await call(`/attendance/${id}/people/Ada`, 'PATCH', { state: 'absent' });
    const fresh = await session(call('/attendance', 'POST', { title: 'halves', people: ['Ada'] }));
    const whole = id;
    ({ id } = fresh);
    const middle = Math.round(found.x + found.width / 2);
    const half = await sharp(photos.portrait)
      .extract({ left: middle, top: 0, width: width - middle, height })
      .toBuffer();
    for (const side of [half, await sharp(half).flop().toBuffer()]) {
      const { faces, session: after } = await look(side);
      for (const face of faces) expect(face).toMatchObject({ cutOff: true, state: null });
      expect(states(after)).toEqual({ Ada: 'absent' });
    }
    id = whole;
    await call(`/attendance/${fresh.id}`, 'DELETE');
    const marked = await look(photos.group, `?at=${PAST}`);
    expect(marked.facesFound).toBe(2);
    expect(marked.faces.every(({ expected }) => expected)).toBe(true);
    expect(states(marked.session)).toMatchObject({ Ada: 'absent', Cyd: 'absent' });
    const back = await session(call(`/attendance/${id}/people/Ada`, 'PATCH', { state: null }));
    expect(back.people.find(({ person }) => person === 'Ada')).toMatchObject({ by: 'photo', first: PAST, late: false });
    const future = new Date(Date.now() + 60_000).toISOString();
    const reply = fetch(`${server.url}/attendance/${id}/pictures?at=${future}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(photos.portrait),
    });
    expect(await failure(reply)).toEqual([400, 'bad_request']);
  });

  it('is marked by live frames: doubtful after one look, present after more', async () => {
    const { id: other } = await session(call('/attendance', 'POST', { title: 'live', people: ['Ada'] }));
    const before = id;
    id = other;
    const seen = [];
    for (let i = 0; i < 4; i++) seen.push((await look(photos.portrait, '?session=in-front-of-me')).faces[0]);
    expect(seen[0].why).toContain('once');
    expect(seen.at(-1)!.why).not.toContain('once');
    id = before;
  });

  it('is marked by hand with a note, and refuses others', async () => {
    const path = `/attendance/${id}/people`;
    const marked = await session(call(`${path}/Cyd`, 'PATCH', { state: 'present', note: ' by bus, "late" ' }));
    expect(marked.people.at(-1)).toMatchObject({ state: 'present', late: true, by: 'manual', note: 'by bus, "late"' });
    expect(await failure(call(`${path}/Eve`, 'PATCH', { state: 'present' }))).toEqual([404, 'person_not_found']);
    expect(await failure(call(`${path}/Cyd`, 'PATCH', { state: 'here' }))).toEqual([400, 'bad_request']);
    for (const other of ['000000000000-000000000000', 'x', '..%2f..']) {
      expect(await failure(call(`/attendance/${other}`))).toEqual([404, 'attendance_not_found']);
      expect(await failure(call(`/attendance/${other}/csv`))).toEqual([404, 'attendance_not_found']);
    }
  });

  it('is downloaded as a CSV and as a workbook', async () => {
    const reply = await call(`/attendance/${id}/csv?language=es&timeZone=Europe/Madrid`);
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename=".*3B\.csv"$/);
    const bytes = Buffer.from(await reply.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const [head, ...rows] = csvRows(bytes.subarray(3).toString('utf8'));
    expect(head).toHaveLength(8);
    expect(rows.map(([name]) => name)).toEqual(["'=Bea", 'Ada', 'Cyd']);
    expect(rows[1]).toEqual(expect.arrayContaining(['2026-03-01 09:05', 'foto']));
    expect(rows[2].at(-1)).toBe('by bus, "late"');
    expect(await failure(call(`/attendance/${id}/csv?timeZone=Mars`))).toEqual([400, 'bad_request']);
    const workbook = await call(`/attendance/${id}/xlsx`);
    const files = await unzipped(Buffer.from(await workbook.arrayBuffer()));
    expect(files.get('xl/worksheets/sheet1.xml')!.toString('utf8')).toContain('>=Bea<');
  });

  it('takes no picture once it has ended, and goes on', async () => {
    expect((await session(call(`/attendance/${id}`, 'PATCH', { ended: true }))).ended).not.toBeNull();
    const options = {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(photos.portrait),
    };
    expect(await failure(fetch(`${server.url}/attendance/${id}/pictures`, options))).toEqual([409, 'attendance_ended']);
    const open = await session(call(`/attendance/${id}`, 'PATCH', { ended: false, lateAfter: null, title: '3C' }));
    expect(open).toMatchObject({ ended: null, lateAfter: null, title: '3C', counts: { late: 0 } });
  });

  it('is there after a restart; is renamed, exported and erased with the person, and leaves no byte', async () => {
    await server.close();
    server = await startServer(settings);
    await call(`/attendance/${id}/people/Cyd`, 'PATCH', { note: 'unlikely words' });
    await call('/people/Cyd', 'PATCH', { name: 'Cyd King' });
    expect((await session(call(`/attendance/${id}`))).people.map(({ person }) => person)).toContain('Cyd King');
    const zip = await unzipped(Buffer.from(await (await call('/people/Cyd%20King/export')).arrayBuffer()));
    expect(JSON.parse(zip.get('attendance.json')!.toString('utf8'))).toMatchObject([
      { session: { id, title: '3C' }, state: 'present', note: 'unlikely words' },
    ]);
    await call('/people/Cyd%20King', 'DELETE');
    const after = await session(call(`/attendance/${id}`));
    expect(after.people.map(({ person }) => person)).toEqual(['=Bea', 'Ada']);
    const folder = join(dataDir, '.state', 'attendance');
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name)).subarray(0, 5).toString()).toBe('RSEAL');
    }
  });

  it('is in the audit log, and deleted', async () => {
    expect((await call(`/attendance/${id}`, 'DELETE')).status).toBe(200);
    expect(await failure(call(`/attendance/${id}`, 'DELETE'))).toEqual([404, 'attendance_not_found']);
    const done = entriesIn(join(dataDir, '.state', 'audit')).filter(
      ({ action, outcome }) => action.startsWith('attendance') && outcome === 'done',
    );
    const actions = new Set(done.map(({ action }) => action));
    expect([...actions].sort()).toEqual([
      'attendance_change',
      'attendance_erase',
      'attendance_mark',
      'attendance_open',
    ]);
    expect(JSON.stringify(done)).not.toMatch(/3B|3C|Ada|Bea|bus/);
  });

  it('is closed to keys that may only recognise, and to keys of a group', async () => {
    const keys = [
      (await createKey(dataDir, 'recognise')).key,
      (await createKey(dataDir, 'enrol', null, '3B')).key,
      (await createKey(dataDir, 'enrol')).key,
    ];
    await server.close();
    server = await startServer(settings);
    const asked = keys.map((key) => fetch(`${server.url}/attendance`, { headers: { 'x-api-key': key } }));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([403, 403, 200]);
  });
});
