import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { CompreFaceClient, parts } from '../../helpers/compreface-requests.js';
import { anotherFile, anotherPerson, onePerson } from '../../helpers/portraits.js';
import { hasPostgres, needsPostgres, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { faceOf, sightingOf } from '../../helpers/sightings.js';
import { unzipped } from '../../helpers/zip.js';

const SETTINGS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', HISTORY_DAYS: '36500' } as const;
const CONSENT = { basis: 'contract', date: '2026-09-01', note: 'Folder 12' } as const;
const today = () => new Date().toISOString().slice(0, 10);

let one: Buffer;
let another: Buffer;
beforeAll(async () => {
  [one, another] = await Promise.all([onePerson(), anotherPerson()]);
});

describe.each([
  { kind: 'files', isHere: true, why: '' },
  { kind: 'PostgreSQL', isHere: hasPostgres, why: needsPostgres },
])('CONSENT=required with $kind $why', ({ kind, isHere }) => {
  describe.skipIf(!isHere)('as everywhere', () => {
    let postgres: TestPostgres | null = null;
    let server: TestServer;
    beforeAll(async () => {
      if (kind === 'PostgreSQL') postgres = await startPostgres();
      const database = postgres && { DATABASE_URL: await postgres.newDatabase() };
      server = await startServer({ ...SETTINGS, CONSENT: 'required', ...database });
    }, 120_000);
    afterAll(async () => {
      await server.close();
      await postgres?.stop();
    });

    const names = () => server.core.gallery.people().map(({ name, examples }) => `${name} ${examples.length}`);
    const call = (method: string, path: string, body?: FormData | object) =>
      fetch(server.url + path, {
        method,
        ...(body && { body: body instanceof FormData ? body : JSON.stringify(body) }),
        ...(body && !(body instanceof FormData) && { headers: { 'content-type': 'application/json' } }),
      });
    const codeOf = async (reply: Promise<Response>) => {
      const refused = await reply;
      return [refused.status, schemas.failure.parse(await refused.json()).error.code];
    };
    const form = (bytes: Buffer, fields: Record<string, string>, file = 'photo.jpg') => {
      const body = new FormData();
      for (const [key, value] of Object.entries(fields)) body.append(key, value);
      body.append('file', new Blob([new Uint8Array(bytes)]), file);
      return body;
    };
    const imported = async (fields: Record<string, string>, file: string) => {
      const begun = schemas.importJob.parse(await (await call('POST', '/import', form(another, fields, file))).json());
      for (;;) {
        const job = schemas.importJob.parse(await (await call('GET', `/import/${begun.id}`)).json());
        if (job.endedAt !== null) return job.counts;
        await setTimeout(50);
      }
    };

    it('is told by the status, for the pages', async () => {
      expect(schemas.status.parse(await (await call('GET', '/status')).json()).consent).toBe('required');
    });

    it('refuses new people without consent, however they come', async () => {
      const refusal = [422, 'consent_required'];
      expect(await codeOf(call('POST', '/upload', form(one, { name: 'Ada' })))).toEqual(refusal);
      expect(await codeOf(call('POST', '/upload', form(one, { name: 'Ada', webcam: 'true' })))).toEqual(refusal);
      expect((await imported({}, 'Bo.jpg')).reasons).toEqual({ consent_required: 1 });
      const compreFace = new CompreFaceClient(server.url);
      const added = await compreFace.send('POST', '/recognition/faces?subject=Cy', parts({ file: one }));
      expect(added.status).toBe(400);
      expect(added.body).toMatchObject({ message: expect.stringContaining('consent') as string });
      const sighting = sightingOf();
      await server.core.history.store.add(sighting, { ...faceOf(), crop: another }, () => true);
      expect(await codeOf(call('PATCH', `/sightings/${sighting.id}`, { person: 'Di' }))).toEqual(refusal);
      expect(names()).toEqual([]);
    });

    it('enrols with one: a basis, or with date and note; and stores it', async () => {
      expect((await call('POST', '/upload', form(one, { name: 'Ada', consent: JSON.stringify(CONSENT) }))).status).toBe(
        201,
      );
      expect((await imported({ consent: 'consent', expires: '2099-12-31' }, 'Bo.jpg')).enrolled).toBe(1);
      const [sighting] = await server.core.history.store.list({}, { limit: 1 });
      const named = await call('PATCH', `/sightings/${sighting.id}`, { person: 'Di', consent: 'other' });
      expect(schemas.sighting.parse(await named.json()).person).toBe('Di');
      const stored = server.core.gallery.people().map(({ name, consent, expires }) => ({ name, consent, expires }));
      expect(stored).toEqual([
        { name: 'Ada', consent: CONSENT, expires: undefined },
        { name: 'Bo', consent: { basis: 'consent', date: today(), note: null }, expires: '2099-12-31' },
        { name: 'Di', consent: { basis: 'other', date: today(), note: null }, expires: undefined },
      ]);
      expect((await call('POST', '/upload', form(anotherFile(one), { name: 'Ada' }))).status).toBe(201);
      const more = await new CompreFaceClient(server.url).send(
        'POST',
        '/recognition/faces?subject=Ada',
        parts({ file: anotherFile(one) }),
      );
      expect([more.status, names()]).toEqual([201, ['Ada 3', 'Bo 1', 'Di 1']]);
    });

    it('replaces a consent, but takes none away', async () => {
      expect(await codeOf(call('PATCH', '/people/Ada', { consent: null }))).toEqual([422, 'consent_required']);
      expect(await codeOf(call('PATCH', '/people/Ada', { consent: { basis: 'consent', date: 'soon' } }))).toEqual([
        422,
        'bad_details',
      ]);
      expect(await codeOf(call('PATCH', '/people/Ada', { consent: 'whim' }))).toEqual([400, 'bad_request']);
      expect(await codeOf(call('PATCH', '/people/Ada', { expires: '2027-02-30' }))).toEqual([422, 'bad_details']);
      const change = { consent: { ...CONSENT, note: 'Folder 13' }, expires: '2099-01-01' };
      const reply = await call('PATCH', '/people/Ada', change);
      expect(schemas.person.parse(await reply.json())).toMatchObject(change);
    });

    it('puts the consent into the export', async () => {
      const files = await unzipped(Buffer.from(await (await call('GET', '/people/Ada/export')).arrayBuffer()));
      const person: unknown = JSON.parse(files.get('person.json')!.toString());
      expect(person).toMatchObject({ name: 'Ada', expires: '2099-01-01', consent: { ...CONSENT, note: 'Folder 13' } });
    });

    it('moves an example to the right person, who is recognised by it at once', async () => {
      for (const { name } of [...server.core.gallery.people()]) await call('DELETE', `/people/${name}`);
      const enrol = async (name: string, bytes: Buffer) => {
        const reply = await call('POST', '/upload', form(bytes, { name, consent: 'consent' }));
        return schemas.upload.parse(await reply.json()).enrolled[0].example;
      };
      const seen = async () => {
        const reply = await call('POST', '/recognize', form(one, {}));
        return schemas.recognition.parse(await reply.json()).faces.map(({ name }) => name);
      };
      const both = await enrol('Eve', another);
      const wrong = await enrol('Eve', one);
      await enrol('Finn', another);
      expect(await seen()).toEqual(['Eve']);
      const moved = await call('PATCH', `/people/Eve/examples/${wrong}`, { person: 'Finn' });
      const finn = schemas.person.parse(await moved.json());
      expect([finn.name, finn.examples.at(-1)!.id]).toEqual(['Finn', wrong]);
      expect([await seen(), names()]).toEqual([['Finn'], ['Eve 1', 'Finn 2']]);
      const crop = await call('GET', finn.examples.at(-1)!.crop!);
      expect([crop.status, crop.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
      expect((await call('GET', `/people/Eve/examples/${wrong}/crop`)).status).toBe(404);
      await enrol('Eve', anotherFile(one));
      expect(await codeOf(call('PATCH', `/people/Eve/examples/${both}`, { person: 'Finn' }))).toEqual([
        400,
        'bad_request',
      ]);
    });

    it('shows the cover that is set, else the best example, also in the list', async () => {
      const [, { id }] = server.core.gallery.person('Finn').examples;
      const changed = await call('PATCH', '/people/Finn', { cover: id });
      expect(schemas.person.parse(await changed.json()).cover).toBe(id);
      const list = schemas.people.parse(await (await call('GET', '/people?search=Finn')).json());
      expect(list.people[0].thumbnail).toContain(`/examples/${id}/crop`);
      expect(await codeOf(call('PATCH', '/people/Finn', { cover: 'unknown' }))).toEqual([404, 'example_not_found']);
      const scores = server.core.gallery.person('Finn').examples.map((one) => one.details!.quality!.score!);
      const best = scores.indexOf(Math.max(...scores));
      const reset = schemas.person.parse(await (await call('PATCH', '/people/Finn', { cover: null })).json());
      expect(reset.cover).toBe(reset.examples[best].id);
    });
  });
});
