import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../../src/http/schemas.js';
import { anotherFile, anotherPerson, onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

let server: TestServer;
let one: Buffer;
let another: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  [one, another] = await Promise.all([onePerson(), anotherPerson()]);
}, 120_000);
afterAll(() => server.close());

async function call(method: string, path: string, body?: FormData | object) {
  const isForm = body instanceof FormData;
  const reply = await fetch(server.url + path, {
    method,
    ...(body && { body: isForm ? body : JSON.stringify(body) }),
    ...(body && !isForm && { headers: { 'content-type': 'application/json' } }),
  });
  return { status: reply.status, json: (await reply.json()) as unknown };
}

/** Sends a request and holds status and body against what is promised. */
async function asked<T>(schema: z.ZodType<T>, status: number, ...request: Parameters<typeof call>): Promise<T> {
  const reply = await call(...request);
  expect(reply).toMatchObject({ status });
  return schema.parse(reply.json);
}

async function refused(status: number, code: string, ...request: Parameters<typeof call>): Promise<string> {
  const reply = await call(...request);
  expect(reply).toMatchObject({ status, json: { error: { code } } });
  return schemas.failure.parse(reply.json).error.message;
}

function photo(bytes: Buffer, name: string, fields: readonly (readonly [string, string])[] = []): FormData {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), 'photo.jpg');
  for (const [key, value] of [['name', name] as const, ...fields]) form.append(key, value);
  return form;
}

const person = (name: string) => asked(schemas.person, 200, 'GET', `/people/${encodeURIComponent(name)}`);
const names = async (query: string) =>
  (await asked(schemas.people, 200, 'GET', `/people?${query}`)).people.map(({ name }) => name);

describe('more about a person', () => {
  it('comes with their photo, and further photos add to it', async () => {
    const first = photo(one, 'Ada', [
      ['id', ' E-1815 '],
      ['group', 'staff'],
      ['group', 'night'],
      ['metadata', '{"floor": 3, "keys": ["a", null]}'],
    ]);
    await asked(schemas.upload, 201, 'POST', '/upload', first);
    const more = { image: anotherFile(one).toString('base64'), name: 'Ada', id: 'E-1815', group: 'guests' };
    await asked(schemas.upload, 201, 'POST', '/upload', more);
    const ada = await person('Ada');
    expect(ada).toMatchObject({ id: 'E-1815', groups: ['guests', 'night', 'staff'] });
    expect(ada.metadata).toEqual({ floor: 3, keys: ['a', null] });
    expect(ada.examples).toHaveLength(2);
    await asked(schemas.upload, 201, 'POST', '/upload', photo(another, 'Grace', [['group', 'night']]));
    expect(await person('Grace')).toMatchObject({ id: null, metadata: {}, groups: ['night'] });
  });

  it('that is not usable is refused with the photo', async () => {
    const upload = (name: string, field: string, value: string) =>
      ['POST', '/upload', photo(another, name, [[field, value]])] as const;
    expect(await refused(409, 'id_taken', ...upload('Hedy', 'id', 'E-1815'))).toBe(
      'The id "E-1815" is that of "Ada" already.',
    );
    expect(await refused(409, 'person_exists', ...upload('Ada', 'id', 'E-1'))).toBe(
      '"Ada" is already enrolled, with the id "E-1815".',
    );
    await refused(422, 'bad_details', ...upload('Hedy', 'id', 'a\tb'));
    await refused(422, 'bad_details', ...upload('Hedy', 'group', 'x'.repeat(65)));
    await refused(422, 'bad_details', ...upload('Hedy', 'metadata', '[]'));
    await refused(400, 'bad_request', ...upload('Hedy', 'metadata', '{'));
    expect(await names('')).toEqual(['Ada', 'Grace']);
    expect((await person('Ada')).examples).toHaveLength(2);
  });

  it('finds them: by group, by id, with part of the name', async () => {
    expect(await names('group=night')).toEqual(['Ada', 'Grace']);
    expect(await names('group=night&search=gra')).toEqual(['Grace']);
    expect(await names('group=staff')).toEqual(['Ada']);
    expect(await names('group=nobody')).toEqual([]);
    expect(await names('id=E-1815')).toEqual(['Ada']);
    expect(await names('id=e-1815')).toEqual([]);
    const { groups } = await asked(schemas.groupList, 200, 'GET', '/groups');
    expect(groups).toEqual([
      { name: 'guests', people: 1 },
      { name: 'night', people: 2 },
      { name: 'staff', people: 1 },
    ]);
  });

  it('is changed with the name, all or nothing', async () => {
    const change = { name: 'Grace Hopper', id: '1906', groups: ['navy'], metadata: { rank: 'admiral' } };
    const changed = await asked(schemas.person, 200, 'PATCH', '/people/Grace', change);
    expect(changed).toMatchObject(change);
    expect(await person('Grace Hopper')).toEqual(changed);
    const grace = '/people/Grace%20Hopper';
    await refused(409, 'person_exists', 'PATCH', grace, { name: 'Ada', groups: ['lost'] });
    await refused(409, 'id_taken', 'PATCH', grace, { name: 'Hopper', id: 'E-1815' });
    await refused(422, 'bad_name', 'PATCH', grace, { name: 'a/b', id: '7' });
    await refused(422, 'bad_details', 'PATCH', grace, { name: 'Hopper', metadata: { text: 'x'.repeat(17_000) } });
    await refused(400, 'bad_request', 'PATCH', grace, {});
    await refused(400, 'bad_request', 'PATCH', grace, { group: 'navy' });
    expect(await person('Grace Hopper')).toEqual(changed);
    const without = await asked(schemas.person, 200, 'PATCH', grace, { id: null });
    expect(without).toEqual({ ...changed, id: null });
    const metadata = { text: 'ñ'.repeat(8_000) };
    expect((await asked(schemas.person, 200, 'PATCH', grace, { metadata })).metadata).toEqual(metadata);
  });
});

describe('recognition', () => {
  const recognised = async (query: string) =>
    (await asked(schemas.recognition, 200, 'POST', `/recognize?${query}`, photo(one, ''))).faces[0];

  it('tells the id, and groups and metadata where they are asked for', async () => {
    const face = await recognised('');
    expect(face).toMatchObject({ name: 'Ada', id: 'E-1815', runnerUp: { name: 'Grace Hopper' } });
    expect(face).not.toHaveProperty('details');
    expect((await recognised('details=true')).details).toEqual({
      groups: ['guests', 'night', 'staff'],
      metadata: { floor: 3, keys: ['a', null] },
    });
    await refused(400, 'bad_request', 'POST', '/recognize?details=perhaps', photo(one, ''));
  });

  it('searches a group only, and knows at once who has joined it', async () => {
    expect(await recognised('group=staff')).toMatchObject({ name: 'Ada', runnerUp: null });
    expect(await recognised('group=navy')).toMatchObject({
      name: null,
      id: null,
      nearest: 'Grace Hopper',
      runnerUp: null,
    });
    expect(await recognised('group=nobody')).toMatchObject({ name: null, nearest: null, distance: null });
    await call('PATCH', '/people/Ada', { groups: ['guests', 'navy', 'night', 'staff'] });
    expect(await recognised('group=navy')).toMatchObject({ name: 'Ada', runnerUp: { name: 'Grace Hopper' } });
    await call('PATCH', '/people/Ada', { groups: ['guests', 'night', 'staff'] });
    expect(await recognised('group=navy')).toMatchObject({ name: null });
    await refused(422, 'bad_details', 'POST', `/recognize?group=${'x'.repeat(65)}`, photo(one, ''));
  });
});

describe('two people who are one', () => {
  it('become one: photos, groups, id; and are recognised as that one', async () => {
    await asked(schemas.upload, 201, 'POST', '/upload', photo(one, 'A. King', [['group', 'lost']]));
    const merged = await asked(schemas.person, 200, 'POST', '/people/merge', { from: 'Ada', into: 'A. King' });
    expect(merged).toMatchObject({ id: 'E-1815', groups: ['guests', 'lost', 'night', 'staff'] });
    expect(merged.examples).toHaveLength(3);
    for (const { crop } of merged.examples) expect((await fetch(server.url + crop!)).status).toBe(200);
    expect(await names('')).toEqual(['A. King', 'Grace Hopper']);
    const { faces } = await asked(schemas.recognition, 200, 'POST', '/recognize', photo(one, ''));
    expect(faces[0]).toMatchObject({ name: 'A. King' });
    await refused(404, 'person_not_found', 'GET', '/people/Ada');
  });

  it('are two, both there, and no more than may be said of one', async () => {
    const merge = (from: string, into: string) => ['POST', '/people/merge', { from, into }] as const;
    await refused(400, 'bad_request', ...merge('A. King', 'A. King'));
    await refused(404, 'person_not_found', ...merge('Nobody', 'A. King'));
    await refused(404, 'person_not_found', ...merge('A. King', 'Nobody'));
    await refused(400, 'bad_request', 'POST', '/people/merge', { from: 'A. King' });
    await call('PATCH', '/people/A.%20King', { metadata: { other: 'x'.repeat(10_000) } });
    await refused(422, 'bad_details', ...merge('A. King', 'Grace Hopper'));
    expect(await names('')).toEqual(['A. King', 'Grace Hopper']);
  });
});
