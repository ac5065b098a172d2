import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../../../src/http/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { connectLive } from '../../../helpers/live-client.js';
import { anotherPerson, onePerson, onePersonAgain } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

let server: TestServer;
const keys = {} as Record<'all' | 'day' | 'night', string>;

beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  keys.all = (await createKey(server.dataDir, 'admin')).key;
  for (const group of ['day', 'night'] as const) {
    keys[group] = (await createKey(server.dataDir, 'admin', null, group)).key;
  }
  await enrol('Ada', 'day', await onePerson());
  await enrol('Grace', 'night', await anotherPerson());
});
afterAll(() => server.close());

async function enrol(name: string, group: string, photo: Buffer): Promise<void> {
  const reply = await send('POST', `/upload?name=${name}&group=${group}`, keys.all, photo);
  expect(reply.status).toBe(201);
}

function send(method: string, path: string, key: string, photo?: Buffer): Promise<Response> {
  const headers = { 'x-api-key': key, 'content-type': 'image/jpeg' };
  return fetch(server.url + path, { method, headers, body: photo && new Uint8Array(photo) });
}

async function namesOf(key: string, photo: Buffer, query = '') {
  const reply = await send('POST', `/recognize${query}`, key, photo);
  const { faces } = (await reply.json()) as z.infer<typeof schemas.recognition>;
  return faces.map(({ name, nearest, runnerUp }) => [name, nearest, runnerUp?.name ?? null]);
}

describe('a key that belongs to a group', () => {
  it('gives the names of its group and knows of nobody else', async () => {
    const ada = await onePersonAgain();
    expect(await namesOf(keys.all, ada)).toEqual([['Ada', 'Ada', 'Grace']]);
    expect(await namesOf(keys.day, ada)).toEqual([['Ada', 'Ada', null]]);
    expect(await namesOf(keys.night, ada)).toEqual([[null, 'Grace', null]]);
    expect(await namesOf(keys.day, ada, '?group=day')).toEqual([['Ada', 'Ada', null]]);
    expect(await namesOf(keys.night, ada, '?session=the-night-door')).toEqual([[null, 'Grace', null]]);
  });

  it('does not learn of other groups and their metadata by details=true', async () => {
    const detailsOf = async (key: string, query = '') => {
      const reply = await send('POST', `/recognize?details=true${query}`, key, await onePersonAgain());
      const { faces } = (await reply.json()) as z.infer<typeof schemas.recognition>;
      return faces.map(({ details }) => details);
    };
    const change = (groups: string[]) =>
      fetch(`${server.url}/people/Ada`, {
        method: 'PATCH',
        headers: { 'x-api-key': keys.all, 'content-type': 'application/json' },
        body: JSON.stringify({ groups, metadata: { floor: 3 } }),
      });
    await change(['day', 'night']);
    const everything = [{ groups: ['day', 'night'], metadata: { floor: 3 } }];
    expect(await detailsOf(keys.all)).toEqual(everything);
    expect(await detailsOf(keys.all, '&group=day')).toEqual(everything);
    expect(await detailsOf(keys.day)).toEqual([{ groups: ['day'], metadata: {} }]);
    expect(await detailsOf(keys.day, '&session=the-day-door')).toEqual([{ groups: ['day'], metadata: {} }]);
    const live = await connectLive(server.url, { headers: { 'x-api-key': keys.day } });
    live.send('{"details": true}');
    const { faces } = await live.see(await onePersonAgain());
    expect(faces.map(({ details }) => details)).toEqual([{ groups: ['day'], metadata: {} }]);
    await live.close();
    await change(['day']);
    expect(await detailsOf(keys.day)).toEqual([{ groups: ['day'], metadata: { floor: 3 } }]);
  });

  it('may not ask for another group', async () => {
    const reply = await send('POST', '/recognize?group=day', keys.night, await onePerson());
    expect([reply.status, schemas.failure.parse(await reply.json()).error]).toEqual([
      403,
      expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('the group "night"') as string }),
    ]);
  });

  it('gives them over the WebSocket, too', async () => {
    const live = await connectLive(server.url, { headers: { 'x-api-key': keys.night } });
    const { faces } = await live.see(await onePersonAgain());
    expect(faces.map(({ name, nearest }) => [name, nearest])).toEqual([[null, 'Grace']]);
    live.send('{"threshold": null, "group": "day"}');
    live.send(await onePersonAgain());
    expect(await live.next()).toMatchObject({ type: 'error', error: { code: 'forbidden' } });
    expect(await live.closed).toBe(1008);
  });

  it('does not list, add or erase anybody, not of its group either', async () => {
    for (const [method, path] of [
      ['GET', '/people?group=day'],
      ['GET', '/people/Ada'],
      ['POST', '/upload?name=Hedy&group=day'],
      ['DELETE', '/people/Ada'],
      ['GET', '/export'],
    ]) {
      expect([path, (await send(method, path, keys.day)).status]).toEqual([path, 403]);
    }
    expect((await send('GET', '/people/Ada', keys.all)).status).toBe(200);
  });
});
