import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rostro } from '../../../src/client/index.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { anotherFile } from '../../helpers/portraits.js';
import { hasPostgres, needsPostgres, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { killServers, rostroWith, type ServerProcess, serveRostro } from '../../helpers/rostro.js';

const wait = { timeout: 20_000, interval: 200 };

describe.skipIf(!hasPostgres)(`two servers in processes of their own on one PostgreSQL${needsPostgres}`, () => {
  let postgres: TestPostgres;
  let folder: string;
  let photos: Photos;
  let servers: ServerProcess[];
  let here: Rostro;
  let there: Rostro;
  beforeAll(async () => {
    postgres = await startPostgres();
    photos = await cutPhotos();
    folder = await mkdtemp(join(tmpdir(), 'rostro-records-'));
    const DATABASE_URL = await postgres.newDatabase();
    const made = await rostroWith({ DATABASE_URL }, folder, 'keys', 'create', '--scope', 'admin');
    const settings = { DATABASE_URL, DETECTOR: 'ssd', EMBEDDER: 'face-api', LOG_LEVEL: 'error' };
    servers = [];
    for (const name of ['here', 'there']) {
      servers.push(await serveRostro(settings, await mkdtemp(join(folder, `${name}-`))));
    }
    [here, there] = servers.map(({ url }) => new Rostro({ url, key: made.out.trim() }));
  }, 120_000);
  afterAll(async () => {
    await killServers(servers);
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const settingAt = async (server: Rostro, wanted: string) =>
    (await server.settings.list()).find(({ name }) => name === wanted)?.value;
  const nameAt = async (server: Rostro, photo: Buffer) => (await server.recognize(photo)).faces[0].name;
  /** For two seconds: a face without a name is a stranger after one and a half. */
  async function seeAt(server: Rostro, photo: Buffer, session: string, threshold?: number): Promise<void> {
    for (let frame = 0; frame < 8; frame++) {
      await server.recognize(photo, { session, threshold });
      await setTimeout(250);
    }
  }

  it('use a setting and a threshold that an administrator changes at either of them', async () => {
    await here.settings.change({ HISTORY_DAYS: 30, STRANGER_DAYS: 30 });
    await expect.poll(() => settingAt(there, 'HISTORY_DAYS'), wait).toBe(30);
    expect((await there.status()).history).toMatchObject({ days: 30, strangerDays: 30 });
    await there.settings.change({ STRANGER_DAYS: 20 });
    await expect.poll(async () => (await here.status()).history.strangerDays, wait).toBe(20);
    await there.applyThreshold({ threshold: 0.5 });
    await expect.poll(async () => (await here.status()).threshold, wait).toBe(0.5);
    await here.applyThreshold({ threshold: 0.609 });
    await expect.poll(async () => (await there.status()).threshold, wait).toBe(0.609);
  });

  it('heed a correction that is made at the other', async () => {
    await here.enrol(photos.samePerson, { name: 'Ada' });
    // So far away, everybody is Ada.
    const far = 2;
    const nameAtFar = async (server: Rostro) =>
      (await server.recognize(photos.otherPerson, { threshold: far })).faces[0].name;
    await expect.poll(() => nameAtFar(there), wait).toBe('Ada');
    await seeAt(there, photos.otherPerson, 'a-face-that-is-not-hers', far);
    await expect.poll(async () => (await here.history.list({ person: 'Ada' })).sightings.length, wait).toBe(1);
    const [{ id }] = (await here.history.list({ person: 'Ada' })).sightings;
    expect((await here.history.correct(id, null)).person).toBeNull();
    await expect.poll(() => nameAtFar(there), wait).toBeNull();
    expect((await there.people.negatives('Ada')).negatives).toHaveLength(1);
    expect((await there.history.get(id)).person).toBeNull();
    expect(await nameAt(there, photos.portrait)).toBe('Ada');
    await there.history.delete(id);
    expect((await here.strangers.list()).strangers).toEqual([]);
  });

  it('list the strangers that either has seen; one who is named at the other is known at both', async () => {
    await seeAt(here, photos.otherPerson, 'a-door-of-this-server');
    await expect
      .poll(async () => (await there.strangers.list()).strangers.map(({ sightings }) => sightings), wait)
      .toEqual([1]);
    await seeAt(there, anotherFile(photos.otherPerson), 'a-door-of-that-server');
    // The second server has put its sighting to the stranger of the first one.
    await expect
      .poll(async () => (await here.strangers.list()).strangers.map(({ sightings }) => sightings), wait)
      .toEqual([2]);
    const [stranger] = (await there.strangers.list()).strangers;
    expect((await there.history.list({ strangerId: stranger.id })).sightings).toHaveLength(2);
    expect(await there.strangers.name(stranger.id, 'Grace Hopper')).toMatchObject({
      person: 'Grace Hopper',
      sightings: 2,
    });
    await expect.poll(() => nameAt(here, photos.otherPerson), wait).toBe('Grace Hopper');
    expect((await here.strangers.list()).strangers).toEqual([]);
    const { sightings } = await here.history.list({ person: 'Grace Hopper' });
    expect(sightings).toHaveLength(2);
    expect((await here.history.crop(sightings[0].id)).size).toBeGreaterThan(500);
    // From then on the first server records them under the name.
    await seeAt(here, photos.otherPerson, 'another-door-of-this-server');
    await expect
      .poll(async () => (await there.history.list({ person: 'Grace Hopper' })).sightings.length, wait)
      .toBe(3);
  });

  it('share lists of attendance, and lose no mark that is made at the same time', async () => {
    const { id } = await here.attendance.open({ title: '3B', people: ['Ada', 'Grace Hopper'] });
    const marks = [
      here.attendance.mark(id, 'Ada', { state: 'present', note: 'by bus' }),
      there.attendance.look(id, photos.otherPerson),
    ];
    await Promise.all(marks);
    for (const server of [here, there]) {
      const { people } = await server.attendance.get(id);
      expect(people.map(({ person, state, by, note }) => [person, state, by, note])).toEqual([
        ['Ada', 'present', 'manual', 'by bus'],
        ['Grace Hopper', 'present', 'photo', ''],
      ]);
    }
    await there.attendance.change(id, { ended: true });
    await expect(here.attendance.look(id, photos.otherPerson)).rejects.toMatchObject({ code: 'attendance_ended' });
  });

  it('erase a person with the sightings and the rows that the other server has made', async () => {
    const erased = await there.people.delete('Grace Hopper');
    expect(erased.receipt).toMatchObject({ sightings: 3, attendance: 1 });
    expect((await here.history.list({ person: 'Grace Hopper' })).sightings).toEqual([]);
    const { sessions } = await here.attendance.list();
    expect((await here.attendance.get(sessions[0].id)).people.map(({ person }) => person)).toEqual(['Ada']);
    await expect.poll(() => nameAt(here, photos.otherPerson), wait).toBeNull();
  });

  it('erase the history everywhere when an administrator switches it off at one of them', async () => {
    await seeAt(there, photos.portrait, 'one-more-at-that-server');
    await expect.poll(async () => (await here.history.list()).sightings.length, wait).toBe(1);
    const { erases } = await here.settings.change({ HISTORY_DAYS: 0 });
    expect(erases.sightings).toBeGreaterThan(0);
    await expect.poll(async () => (await there.status()).history, wait).toMatchObject({ days: 0, sightings: 0 });
    await seeAt(there, photos.portrait, 'nobody-is-recorded-now');
    expect((await here.history.list()).sightings).toEqual([]);
  });
});
