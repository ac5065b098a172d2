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
import { startServer, type TestServer } from '../../helpers/server.js';
import { daysAfter, faceOf, sightingOf } from '../../helpers/sightings.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' } as const;
const DAYS = { HISTORY_DAYS: '36500', STRANGER_DAYS: '36500' } as const;

let photos: Photos;
beforeAll(async () => {
  photos = await cutPhotos();
});

describe('the history of a server', () => {
  let dataDir: string;
  let server: TestServer;
  let settings: Parameters<typeof startServer>[0];
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'rostro-history-'));
    const keyFile = join(dataDir, 'key');
    await createKeyFile(keyFile);
    settings = { ...NETWORKS, ...DAYS, ROSTRO_DATA: dataDir, ENCRYPTION_KEY_FILE: keyFile };
    server = await startServer(settings);
    await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
    await server.core.people.change('Ada', { id: 'ada-1' });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const call = (path: string, method = 'GET') => fetch(`${server.url}${path}`, { method });
  const list = async (query = '') => schemas.sightings.parse(await (await call(`/sightings${query}`)).json());
  const failure = async (reply: Promise<Response>) => {
    const refused = await reply;
    const json: unknown = await refused.json();
    return [refused.status, schemas.failure.parse(json).error.code];
  };
  const status = async () => schemas.status.parse(await (await call('/status')).json()).history;
  const see = async (session: string, photo: Buffer) => {
    const headers = { 'content-type': 'image/jpeg' };
    const body = new Uint8Array(photo);
    const reply = await fetch(`${server.url}/recognize?session=${session}`, { method: 'POST', body, headers });
    return schemas.liveRecognition.parse(await reply.json()).faces;
  };
  const add = (person: string | null, day: number, more: object = {}) => {
    const face = faceOf();
    const sighting = sightingOf({ person, at: daysAfter(day), ...more });
    return server.core.history.store.add(sighting, face, () => true).then(() => ({ ...sighting, face }));
  };

  it('has nobody at first', async () => {
    expect([await list(), await status()]).toEqual([
      { sightings: [], next: null },
      { days: 36_500, sightings: 0, since: null, strangerDays: 36_500, strangers: 0 },
    ]);
  });

  it('has the visit of a live session, with a crop, until the person is erased', async () => {
    for (let i = 0; i < 4; i++) expect((await see('in-front-of-me', photos.portrait))[0].name).toBe('Ada');
    await expect.poll(async () => (await list()).sightings.length).toBe(1);
    const [sighting] = (await list('?person=Ada&source=live&stranger=false')).sightings;
    expect(sighting).toMatchObject({
      source: 'live',
      camera: null,
      person: 'Ada',
      personId: 'ada-1',
      threshold: 0.609,
    });
    expect(sighting.looks).toBeGreaterThanOrEqual(2);
    expect(sighting.distance).toBeLessThan(0.609);
    expect(Date.now() - Date.parse(sighting.first)).toBeLessThan(60_000);
    const crop = await call(sighting.crop!);
    expect(crop.headers.get('content-type')).toBe('image/jpeg');
    const { format, width } = await sharp(Buffer.from(await crop.arrayBuffer())).metadata();
    expect([format, width <= 240]).toEqual(['jpeg', true]);
    const one: unknown = await (await call(`/sightings/${sighting.id}`)).json();
    expect(schemas.sighting.parse(one)).toEqual(sighting);
    const face = await server.core.history.store.face(sighting.id);
    expect([face?.embedding?.contract, face?.embedding?.vector.length]).toEqual([server.core.contract.id, 128]);
    expect(await status()).toMatchObject({ sightings: 1, since: sighting.first });
  });

  it('pages, filters, and refuses what it cannot understand', async () => {
    const [old, middle, young] = [
      await add(null, 0),
      await add('Ada', 1, { camera: 'yard', quality: 0.9 }),
      await add(null, 2),
    ];
    const past = 'to=2026-11-01T00:00:00Z';
    const pages: string[][] = [];
    for (let next: string | null = ''; next !== null;) {
      const page: Awaited<ReturnType<typeof list>> = await list(`?limit=2&${past}${next && `&before=${next}`}`);
      pages.push(page.sightings.map(({ id }) => id));
      next = page.next;
    }
    expect(pages).toEqual([[young.id, middle.id], [old.id]]);
    const ids = async (query: string) => (await list(`?${query}`)).sightings.map(({ id }) => id);
    expect(await ids('camera=yard')).toEqual([middle.id]);
    expect(await ids(`${past}&minQuality=0.8`)).toEqual([middle.id]);
    expect(await ids(`${past}&stranger=true&from=2026-03-02T12:00:00%2B00:00`)).toEqual([young.id]);
    expect(await ids('person=nobody')).toEqual([]);
    for (const query of [
      ...['limit=0', 'limit=201', 'before=x', 'from=yesterday', 'stranger=1', 'source=tv', 'minQuality=2', 'camera='],
      'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    ]) {
      expect([query, await failure(call(`/sightings?${query}`))]).toEqual([query, [400, 'bad_request']]);
    }
    for (const path of ['000000000000-000000000000', 'x', '..%2f..']) {
      expect(await failure(call(`/sightings/${path}`))).toEqual([404, 'sighting_not_found']);
      expect(await failure(call(`/sightings/${path}/crop`))).toEqual([404, 'sighting_not_found']);
      expect(await failure(call(`/sightings/${path}`, 'DELETE'))).toEqual([404, 'sighting_not_found']);
    }
  });

  it('names a stranger, and corrects a wrong name, which does not come back', async () => {
    const seen = sightingOf({ person: null, at: daysAfter(2) });
    const vector = faceOf().embedding;
    await server.core.history.store.add(seen, { embedding: vector, crop: photos.otherPerson }, () => true);
    const correct = async (person: string | null) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ person });
      const reply = await fetch(`${server.url}/sightings/${seen.id}`, { method: 'PATCH', headers, body });
      return schemas.sighting.parse(await reply.json()).person;
    };
    const named = async () => {
      const headers = { 'content-type': 'image/jpeg' };
      const body = new Uint8Array(photos.otherPerson);
      const reply = await fetch(`${server.url}/recognize`, { method: 'POST', headers, body });
      return schemas.recognition.parse(await reply.json()).faces[0].name;
    };
    expect([await named(), await correct('Bea'), await named()]).toEqual([null, 'Bea', 'Bea']);
    expect(await list('?person=Bea')).toMatchObject({ sightings: [{ id: seen.id }] });
    // The photo was all that Bea had.
    expect([await correct('Cleo'), await named()]).toEqual(['Cleo', 'Cleo']);
    expect(server.core.gallery.people().map(({ name }) => name)).toEqual(['Ada', 'Cleo']);
    expect([await correct(null), await named()]).toEqual([null, null]);
    await server.core.history.store.assign(seen.id, 'Ada', () => true);
    expect(await correct(null)).toBeNull();
    expect(server.core.gallery.person('Ada').negatives).toHaveLength(1);
    expect((await list('?person=Ada')).sightings.map(({ id }) => id)).not.toContain(seen.id);
    await server.core.history.store.removeOne(seen.id);
  });

  it('groups unknown faces into strangers, who get a name once and are recognised afterwards', async () => {
    const { history, pipeline, contract } = server.core;
    const vectorOf = async (bytes: Buffer) => {
      const { face } = await pipeline.run('enrolmentFace', { bytes });
      return { contract: contract.id, vector: face.embedding };
    };
    const [eve, landscape] = [await vectorOf(photos.otherPerson), faceOf().embedding!];
    const pass = (day: number, embedding: typeof eve, crop: Uint8Array = photos.otherPerson) => {
      const sighting = sightingOf({ at: daysAfter(day), camera: 'porch' });
      history.begin(sighting, () => Promise.resolve({ embedding, crop }));
      return history.idle().then(() => sighting.id);
    };
    const ids = [await pass(10, eve), await pass(11, eve), await pass(12, landscape), await pass(13, eve)];
    const ask = async (path: string, method = 'GET', json?: object) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(`${server.url}${path}`, { method, headers, body: json && JSON.stringify(json) });
      return [reply.status, (await reply.json()) as unknown] as const;
    };
    const page = schemas.strangers.parse((await ask('/strangers?limit=1'))[1]);
    expect(page.strangers).toMatchObject([{ sightings: 3, suggested: true, cameras: ['porch'] }]);
    const [{ id, crops }] = page.strangers;
    expect(crops).toHaveLength(3);
    expect((await call(crops[0])).status).toBe(200);
    const own = await list(`?strangerId=${id}`);
    expect(own.sightings.map((one) => one.id)).toEqual([ids[3], ids[1], ids[0]]);
    const split = schemas.stranger.parse((await ask(`/strangers/${id}/split`, 'POST', { sighting: ids[0] }))[1]);
    const back = schemas.namedStranger.parse((await ask(`/strangers/${split.id}`, 'PATCH', { sameAs: id }))[1]);
    expect(back).toMatchObject({ stranger: { id, sightings: 3 }, sightings: 1 });
    for (const [path, method, body, status] of [
      [`/strangers/${id}`, 'PATCH', { sameAs: id }, 400],
      [`/strangers/${id}`, 'PATCH', { person: 'Eve', sameAs: id }, 400],
      [`/strangers/${id}`, 'PATCH', { person: '../Eve' }, 422],
      [`/strangers/${split.id}`, 'PATCH', { person: 'Eve' }, 404],
      [`/strangers/${split.id}/split`, 'POST', { sighting: ids[0] }, 404],
      ['/strangers?after=x', 'GET', undefined, 400],
      ['/strangers/x', 'GET', undefined, 404],
      [`/strangers/${id}?notAFace=1`, 'DELETE', undefined, 400],
    ] as const) {
      expect([path, (await ask(path, method, body))[0]]).toEqual([path, status]);
    }
    const named = schemas.namedStranger.parse((await ask(`/strangers/${id}`, 'PATCH', { person: 'Eve' }))[1]);
    // The crops are one photo here, which is enrolled once.
    expect(named).toMatchObject({ stranger: null, person: 'Eve', sightings: 3, enrolled: 3 });
    expect((await list('?person=Eve')).sightings.map((one) => one.strangerId)).toEqual([null, null, null]);
    expect(server.core.gallery.person('Eve').examples).toHaveLength(1);
    const face = schemas.recognition.parse(
      await (
        await fetch(`${server.url}/recognize`, {
          method: 'POST',
          body: new Uint8Array(photos.otherPerson),
          headers: { 'content-type': 'image/jpeg' },
        })
      ).json(),
    ).faces[0];
    expect(face.name).toBe('Eve');
    const other = (await server.core.history.store.get(ids[2]))!.stranger!;
    expect((await ask(`/strangers/${other}?notAFace=true`, 'DELETE'))[1]).toEqual({ deleted: other, sightings: 1 });
    expect((await list('?camera=porch&stranger=true')).sightings).toEqual([]);
    expect((await call(`/sightings/${ids[2]}/crop`)).status).toBe(404);
    const metrics = await (await call('/metrics')).text();
    expect(metrics).toMatch(/^rostro_sightings [1-9]\d*$/m);
    expect(metrics).toMatch(/^rostro_strangers 0$/m);
    await call('/people/Eve', 'DELETE');
    await server.core.history.store.removeOne(ids[2]);
  });

  it('erases one, or what matches, and only what was clearly meant', async () => {
    const [one, two] = [await add(null, 3, { camera: 'cellar' }), await add(null, 4, { camera: 'cellar' })];
    const erased: unknown = await (await call(`/sightings/${one.id}`, 'DELETE')).json();
    expect(schemas.deletedSighting.parse(erased)).toEqual({ deleted: one.id });
    for (const query of ['', '?persn=Ada', '?camera=cellar&persn=Ada', '?all=true&camera=cellar', '?all=1']) {
      expect([query, await failure(call(`/sightings${query}`, 'DELETE'))]).toEqual([query, [400, 'bad_request']]);
    }
    const rest: unknown = await (await call('/sightings?camera=cellar', 'DELETE')).json();
    expect(schemas.erasedSightings.parse(rest)).toEqual({ deleted: 1 });
    expect(await failure(call(`/sightings/${two.id}`))).toEqual([404, 'sighting_not_found']);
    const lines = entriesIn(join(dataDir, '.state', 'audit')).filter(({ action }) => action === 'erase_sightings');
    expect(lines.map(({ outcome, facts }) => JSON.stringify([outcome, facts]))).toEqual([
      ...['["begun",null]', '["done",{"sightings":1}]', '["begun",null]', '["done",{"sightings":1}]'],
    ]);
  });

  it('is in the export of a person, follows a rename, and is counted in the receipt of an erasure', async () => {
    const { face, id } = await add('Ada', 5);
    const rename = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"name":"Ada King"}' };
    expect((await fetch(`${server.url}/people/Ada`, rename)).status).toBe(200);
    expect((await list('?person=Ada')).sightings).toEqual([]);
    const count = (await list('?person=Ada%20King')).sightings.length;
    expect(count).toBeGreaterThanOrEqual(3);
    const zip = Buffer.from(await (await call('/people/Ada%20King/export')).arrayBuffer()).toString('latin1');
    expect(['sightings.jsonl', `sightings/${id}.jpg`].filter((name) => !zip.includes(name))).toEqual([]);
    const pieces = [Buffer.from(face.crop).subarray(0, 12), Buffer.from(id)];
    const found = () =>
      readdirSync(dataDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) =>
          pieces.some((piece) => Buffer.concat([readFileSync(path), Buffer.from(path)]).includes(piece)),
        );
    expect(found().length).toBeGreaterThan(0);
    const reply: unknown = await (await call('/people/Ada%20King', 'DELETE')).json();
    expect(schemas.deletedPerson.parse(reply).receipt.sightings).toBe(count);
    expect([found(), (await list('?stranger=false')).sightings]).toEqual([[], []]);
    const strangers = (await list('?stranger=true')).sightings.length;
    expect(await status()).toMatchObject({ sightings: strangers });
  });

  it('is there after a restart, and gone after one without HISTORY_DAYS', async () => {
    const before = await list();
    expect(before.sightings.length).toBeGreaterThan(0);
    await server.close();
    server = await startServer(settings);
    expect(await list()).toEqual(before);
    await server.close();
    server = await startServer({ ...settings, HISTORY_DAYS: '0' });
    expect([await list(), await status()]).toEqual([
      { sightings: [], next: null },
      { days: 0, sightings: 0, since: null, strangerDays: 0, strangers: 0 },
    ]);
    await see('another-session', photos.portrait);
    expect(readdirSync(join(dataDir, '.state', 'history'))).toEqual(['people.json']);
  });

  it('is for keys with the scope admin, and for none of a group', async () => {
    const keys = [
      await createKey(dataDir, 'admin'),
      await createKey(dataDir, 'enrol'),
      await createKey(dataDir, 'recognise'),
      await createKey(dataDir, 'admin', null, 'staff'),
    ];
    const statuses = keys.map(async ({ key }) => {
      const headers = { 'x-api-key': key };
      const replies = ['GET /sightings', 'DELETE /sightings?all=true', 'GET /sightings/x/crop'].map((route) => {
        const [method, path] = route.split(' ');
        return fetch(`${server.url}${path}`, { method, headers }).then((reply) => reply.status);
      });
      return Promise.all(replies);
    });
    expect(await Promise.all(statuses)).toEqual([
      [200, 200, 404],
      [403, 403, 403],
      [403, 403, 403],
      [403, 403, 403],
    ]);
  });
});
