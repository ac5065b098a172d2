import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../../src/http/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { entriesIn } from '../../../helpers/audit-log.js';
import { connectLive } from '../../../helpers/live-client.js';
import { rostroWith } from '../../../helpers/rostro.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

let server: TestServer;
let admin: { key: string; id: string };
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
});
afterAll(() => server.close());

const send = (method: string, path: string, { key, body }: { key?: string; body?: object } = {}) =>
  fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'x-api-key': key }) },
    ...(body && { body: JSON.stringify(body) }),
  });
const codeOf = async (reply: Promise<Response>) => schemas.failure.parse(await (await reply).json()).error.code;
async function create(body: object, key?: string) {
  const reply = await send('POST', '/keys', { body, key });
  return schemas.createdKey.parse(await reply.json());
}
const listed = async () => schemas.accessKeys.parse(await (await send('GET', '/keys', { key: admin.key })).json()).keys;

describe('POST /keys on a server without keys', () => {
  it('makes an admin key for all groups first, or none', async () => {
    for (const body of [
      { name: 'door', scope: 'recognise' },
      { name: 'staff', scope: 'admin', group: 'staff' },
    ]) {
      expect(await codeOf(send('POST', '/keys', { body }))).toBe('last_admin_key');
    }
    expect((await send('GET', '/people')).status).toBe(200);
    admin = await create({ name: 'my laptop', scope: 'admin' });
    expect((await send('GET', '/people')).status).toBe(401);
    expect((await send('GET', '/people', { key: admin.key })).status).toBe(200);
  });
});

describe('the access keys over HTTP', () => {
  it('are listed without secrets, with the one that asks', async () => {
    const expiresAt = new Date(Date.now() + 1000 * 60).toISOString();
    const made = await create({ name: ' Door ', scope: 'recognise', group: ' staff ', expiresAt }, admin.key);
    expect(made).toMatchObject({ name: 'Door', scope: 'recognise', group: 'staff', expiresAt, revokedAt: null });
    const reply = await (await send('GET', '/keys', { key: admin.key })).text();
    for (const { key } of [admin, made]) expect(reply).not.toContain(key.split('_')[2]);
    expect(await listed()).toMatchObject([
      { id: admin.id, name: 'my laptop', current: true, lastUsedAt: expect.any(String) as string },
      { id: made.id, current: false, lastUsedAt: null },
    ]);
  });

  it.each([
    [{ scope: 'recognise' }, 'bad_request'],
    [{ name: ' ', scope: 'recognise' }, 'bad_request'],
    [{ name: 'x', scope: 'root' }, 'bad_request'],
    [{ name: 'x', scope: 'enrol', expiresAt: '2001-01-01T00:00:00Z' }, 'bad_request'],
    [{ name: 'x', scope: 'enrol', expiresAt: 'soon' }, 'bad_request'],
    [{ name: 'x', scope: 'enrol', group: ' ' }, 'bad_details'],
  ])('are not made of %j', async (body, code) => {
    const before = (await listed()).length;
    expect(await codeOf(send('POST', '/keys', { body, key: admin.key }))).toBe(code);
    expect(await listed()).toHaveLength(before);
  });

  it('are for admin keys without a group', async () => {
    for (const [scope, group] of [
      ['recognise', undefined],
      ['enrol', undefined],
      ['admin', 'staff'],
    ] as const) {
      const { key } = await createKey(server.dataDir, scope, null, group);
      for (const [method, path] of [
        ['GET', '/keys'],
        ['POST', '/keys'],
        ['DELETE', `/keys/${admin.id}`],
        ['GET', '/integrations'],
      ]) {
        expect([method, path, await codeOf(send(method, path, { key }))]).toEqual([method, path, 'forbidden']);
      }
    }
  });

  it('end with their logins, event streams and live connections when they are revoked', async () => {
    const { key, id } = await create({ name: 'gone soon', scope: 'enrol' }, admin.key);
    const login = await send('POST', '/session', { body: { key } });
    const headers = { cookie: login.headers.get('set-cookie')!.split(';')[0] };
    const live = await connectLive(server.url, { headers: { 'x-api-key': key } });
    const events = await fetch(`${server.url}/events`, { headers });
    expect((await fetch(`${server.url}/people`, { headers })).status).toBe(200);
    const revoked = schemas.revokedKey.parse(await (await send('DELETE', `/keys/${id}`, { key: admin.key })).json());
    expect(revoked.revokedAt).not.toBeNull();
    expect((await fetch(`${server.url}/people`, { headers })).status).toBe(401);
    expect((await send('GET', '/people', { key })).status).toBe(401);
    expect(await live.closed).toBe(1008);
    await events.text();
  });

  it('keep the last admin key, which the command line revokes', async () => {
    expect(await codeOf(send('DELETE', `/keys/${admin.id}`, { key: admin.key }))).toBe('last_admin_key');
    expect(await codeOf(send('DELETE', '/keys/ffffffff', { key: admin.key }))).toBe('key_not_found');
    const second = await create({ name: 'another', scope: 'admin' }, admin.key);
    expect((await send('DELETE', `/keys/${second.id}`, { key: second.key })).status).toBe(200);
    const log = entriesIn(join(server.dataDir, '.state', 'audit'));
    expect(log.filter(({ outcome }) => outcome === 'done').slice(-2)).toMatchObject([
      { action: 'key_create', facts: { id: second.id, scope: 'admin' }, actor: { kind: 'key', id: admin.id } },
      { action: 'key_revoke', facts: { id: second.id }, actor: { kind: 'key', id: second.id } },
    ]);
    expect(JSON.stringify(log)).not.toContain(admin.key.split('_')[2]);
    const revoked = await rostroWith({}, server.dataDir, 'keys', 'revoke', admin.id);
    expect(revoked.code).toBe(0);
    expect((await send('GET', '/keys', { key: admin.key })).status).toBe(401);
  });
});
