import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSignedTls } from '../../../../src/app/tls.js';
import { BackOff } from '../../../../src/access/back-off.js';
import { KeyFile } from '../../../../src/access/key-file.js';
import { MemorySessions } from '../../../../src/access/sessions.js';
import * as schemas from '../../../../src/http/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { connectLive, refusalOf } from '../../../helpers/live-client.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

let server: TestServer;
let admin: { key: string; id: string };
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  admin = await createKey(server.dataDir, 'admin');
});
afterAll(() => server.close());

const post = (key: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/session`, {
    method: 'POST',
    body: JSON.stringify({ key }),
    headers: { 'content-type': 'application/json', ...headers },
  });

async function logIn(key: string) {
  const reply = await post(key);
  const { csrfToken } = schemas.session.parse(await reply.json());
  const setCookie = reply.headers.get('set-cookie') ?? '';
  return { setCookie, cookie: setCookie.split(';')[0], token: csrfToken ?? '' };
}

const erase = (headers: Record<string, string>) =>
  fetch(`${server.url}/people/Nobody`, { method: 'DELETE', headers }).then(({ status }) => status);

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends', async () => {
    const { setCookie } = await logIn(admin.key);
    expect(setCookie).toMatch(/^rostro_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  });

  it('is bound to this host and to HTTPS where there is HTTPS', async () => {
    const secure = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', HTTPS: '1' });
    const { key } = await createKey(secure.dataDir, 'admin');
    const setCookie = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      httpsRequest(`${secure.url}/session`, { method: 'POST', headers, rejectUnauthorized: false }, (reply) => {
        resolve(reply.resume().headers['set-cookie']?.[0]);
      })
        .on('error', reject)
        .end(JSON.stringify({ key }));
    });
    expect(setCookie).toMatch(/^__Host-rostro_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    await secure.close();
  });

  it('makes browsers stay with HTTPS where HSTS_DAYS says so', async () => {
    const stateDir = join(server.dataDir, 'certificate');
    await selfSignedTls(stateDir);
    const [TLS_CERT, TLS_KEY] = ['tls-cert.pem', 'tls-key.pem'].map((name) => join(stateDir, name));
    const settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', TLS_CERT, TLS_KEY };
    for (const [more, expected] of [
      [{}, undefined],
      [{ HSTS_DAYS: '2' }, 'max-age=172800'],
    ] as const) {
      const secure = await startServer({ ...settings, ...more });
      const header = await new Promise((resolve, reject) => {
        httpsRequest(`${secure.url}/healthz`, { rejectUnauthorized: false }, (reply) => {
          resolve(reply.resume().headers['strict-transport-security']);
        })
          .on('error', reject)
          .end();
      });
      expect(header).toBe(expected);
      await secure.close();
    }
  });

  it('reads with the cookie alone, and changes with the token too (CSRF)', async () => {
    const { cookie, token } = await logIn(admin.key);
    expect((await fetch(`${server.url}/people`, { headers: { cookie } })).status).toBe(200);
    expect(await erase({ cookie })).toBe(403);
    expect(await erase({ cookie, 'x-csrf-token': `${token.slice(0, -1)}!` })).toBe(403);
    expect(await erase({ cookie, 'x-csrf-token': (await logIn(admin.key)).token })).toBe(403);
    expect(await erase({ cookie, 'x-csrf-token': token })).toBe(404);
  });

  it('lets a form of another site do nothing, with the cookie or without', async () => {
    const { cookie } = await logIn(admin.key);
    const body = new URLSearchParams({ key: admin.key });
    const forged = await fetch(`${server.url}/session`, { method: 'POST', body, headers: { cookie } });
    expect(forged.status).toBe(400);
    const upload = await fetch(`${server.url}/upload`, { method: 'POST', body: new FormData(), headers: { cookie } });
    expect(schemas.failure.parse(await upload.json()).error.code).toBe('bad_csrf_token');
  });

  it('ends with the logout, with the next login of the same browser, and with its key', async () => {
    const people = async (cookie: string) => (await fetch(`${server.url}/people`, { headers: { cookie } })).status;
    const first = await logIn(admin.key);
    const out = { cookie: first.cookie, 'x-csrf-token': first.token };
    expect((await fetch(`${server.url}/session`, { method: 'DELETE', headers: { cookie: first.cookie } })).status).toBe(
      403,
    );
    expect(await people(first.cookie)).toBe(200);
    const ended = await fetch(`${server.url}/session`, { method: 'DELETE', headers: out });
    expect([ended.status, ended.headers.get('clear-site-data')]).toEqual([200, '"cache"']);
    expect(await people(first.cookie)).toBe(401);

    const second = await logIn(admin.key);
    await post(admin.key, { cookie: second.cookie });
    expect(await people(second.cookie)).toBe(401);

    const other = await createKey(server.dataDir, 'enrol');
    const third = await logIn(other.key);
    expect(await people(third.cookie)).toBe(200);
    await new KeyFile(`${server.dataDir}/.state`).revoke(other.id);
    expect(await people(third.cookie)).toBe(401);
  });

  it('is no larger than its key', async () => {
    const { cookie, token } = await logIn((await createKey(server.dataDir, 'recognise')).key);
    expect((await fetch(`${server.url}/status`, { headers: { cookie } })).status).toBe(200);
    expect((await fetch(`${server.url}/people`, { headers: { cookie } })).status).toBe(403);
    expect(await erase({ cookie, 'x-csrf-token': token })).toBe(403);
  });
});

describe('sessions', () => {
  it('end after twelve hours without use, after a week in any case, and when a thousand newer ones of their key have come', async () => {
    let now = 0;
    const hour = 60 * 60 * 1000;
    const sessions = new MemorySessions(() => now);
    const idle = (await sessions.start('a')).token;
    const used = (await sessions.start('a')).token;
    const watched = (await sessions.start('a')).token;
    for (now = hour; now <= 7 * 24 * hour; now += hour) {
      expect((await sessions.peek(watched)) !== null).toBe(now <= 12 * hour);
      if (now === 13 * hour) expect(await sessions.find(idle)).toBeNull();
      expect(await sessions.find(used)).not.toBeNull();
    }
    expect(await sessions.find(used)).toBeNull();
    const oldest = (await sessions.start('a')).token;
    const next = (await sessions.start('a')).token;
    for (let i = 0; i < 2000; i++) await sessions.start('b');
    expect(await sessions.find(oldest)).not.toBeNull();
    for (let i = 0; i < 999; i++) await sessions.start('a');
    expect([await sessions.find(oldest), (await sessions.find(next))?.keyId]).toEqual([null, 'a']);
  });
});

describe('wrong keys', () => {
  it('at the login are looked at more and more rarely, whoever logs in', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) statuses.push((await post('rostro_wrong')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await post('rostro_wrong')).headers.get('retry-after')).toBe('1');
    // Others may share the address, for example behind a proxy that is not trusted.
    expect((await post(admin.key)).status).toBe(201);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await post('rostro_wrong')).status).toBe(401);
  });

  it('are slowed down wherever they are shown', async () => {
    for (let i = 0; i < 7; i++) await post('rostro_wrong');
    const shown = (key: string) => ({ headers: { 'x-api-key': key } });
    expect((await fetch(`${server.url}/session`, shown('rostro_wrong'))).status).toBe(429);
    expect((await fetch(`${server.url}/people`, shown('rostro_wrong'))).status).toBe(429);
    const refusal = await refusalOf(`${server.url}/live`, shown('rostro_wrong'));
    expect(refusal).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(refusal.retryAfter)).toBeGreaterThan(0);
    expect((await fetch(`${server.url}/session`, shown(admin.key))).status).toBe(200);
    expect((await fetch(`${server.url}/healthz`, shown('rostro_wrong'))).status).toBe(200);
    await (await connectLive(server.url, shown(admin.key))).close();
  });

  it('of programs do not lock out the good key beside them', async () => {
    const people = async (key: string) =>
      (await fetch(`${server.url}/people`, { headers: { 'x-api-key': key } })).status;
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) statuses.push(await people('rostro_wrong'));
    expect(statuses.at(-1)).toBe(429);
    expect(await people(admin.key)).toBe(200);
  });

  it('double the wait up to a minute, are forgotten after a quarter of an hour, and never fill the memory', () => {
    let now = 0;
    const backOff = new BackOff(() => now);
    const waits = Array.from({ length: 13 }, () => {
      backOff.failed('a');
      return backOff.waitMs('a') / 1000;
    });
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(backOff.waitMs('b')).toBe(0);
    now = 16 * 60 * 1000;
    backOff.failed('a');
    expect(backOff.waitMs('a')).toBe(0);
    for (let i = 0; i < 20_000; i++) backOff.failed(`address ${i}`);
    expect((backOff as unknown as { failures: Map<string, unknown> }).failures.size).toBe(10_000);
  });
});
