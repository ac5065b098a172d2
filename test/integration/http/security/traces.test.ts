import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditFolder } from '../../../../src/app/state-stores.js';
import { formatLine } from '../../../../src/shared/pino-logger.js';
import { createKey } from '../../../helpers/access.js';
import { entriesIn } from '../../../helpers/audit-log.js';
import { refusalOf } from '../../../helpers/live-client.js';
import { onePerson } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

const NAME = 'Ada Lovelace';

let server: TestServer;
let admin: { key: string; id: string };
let small: { key: string; id: string };
beforeAll(async () => {
  server = await startServer({
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    WORKERS: '1',
    AUDIT: 'all',
    CORS_ORIGINS: 'https://door.example',
    RATE_LIMIT_CHANGES: '20',
  });
});
afterAll(() => server.close());

type Line = Record<string, unknown>;
const refusals = () =>
  server.logged.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request refused');

/** The lines about the requests that `work` sends. */
async function refusedIn(work: () => Promise<unknown>): Promise<Line[]> {
  const before = refusals().length;
  await work();
  await expect.poll(() => refusals().length).toBeGreaterThan(before);
  return refusals().slice(before);
}

const get = (path: string, key?: string) =>
  fetch(server.url + path, { headers: key === undefined ? {} : { 'x-api-key': key } });
const send = (method: string, path: string, headers: Record<string, string>, body?: string) =>
  fetch(server.url + path, { method, headers, body });
const person = `/people/${encodeURIComponent(NAME)}`;
const wrong = 'rostro_0123abcd_' + '0'.repeat(48);

describe('a refused request', () => {
  it('for another host is logged with its address', async () => {
    const { port } = new URL(server.url);
    const lines = await refusedIn(
      () =>
        new Promise<void>((resolve, reject) => {
          request({ port, host: '127.0.0.1', path: person, headers: { host: 'evil.example' } }, (reply) => {
            reply.resume().on('end', resolve);
          })
            .on('error', reject)
            .end();
        }),
    );
    expect(lines).toMatchObject([
      { level: 'warn', address: '127.0.0.1', method: 'GET', code: 'bad_host', status: 421 },
    ]);
  });

  it('is logged with address, key and route, and without names', async () => {
    await fetch(`${server.url}/upload?name=${encodeURIComponent(NAME)}`, {
      method: 'POST',
      body: new Uint8Array(await onePerson()),
      headers: { 'content-type': 'image/jpeg' },
    });
    admin = await createKey(server.dataDir, 'admin');
    small = await createKey(server.dataDir, 'recognise');
    const { csrfToken } = (await (
      await send('POST', '/session', { 'content-type': 'application/json' }, JSON.stringify({ key: admin.key }))
    ).json()) as { csrfToken: string };
    expect(csrfToken).not.toBeNull();
    const logins = server.logged.map((line) => JSON.parse(line) as Line).filter(({ route }) => route === '/session');
    expect(logins).toMatchObject([{ method: 'POST', status: 201, key: admin.id }]);
    const about = { address: '127.0.0.1', route: '/people/:name' };
    expect(await refusedIn(() => get(person))).toMatchObject([
      { ...about, key: 'none', status: 401, code: 'unauthorised' },
    ]);
    expect(await refusedIn(() => get(person, wrong))).toMatchObject([{ ...about, key: '0123abcd', status: 401 }]);
    expect(await refusedIn(() => get(person, 'let me in'))).toMatchObject([
      { ...about, key: 'malformed', status: 401 },
    ]);
    expect(await refusedIn(() => get(person, small.key))).toMatchObject([
      { ...about, key: small.id, status: 403, code: 'forbidden' },
    ]);
    const elsewhere = { origin: 'https://evil.example', 'x-api-key': small.key };
    expect(await refusedIn(() => send('DELETE', person, elsewhere))).toMatchObject([
      { address: '127.0.0.1', code: 'cross_origin', method: 'DELETE' },
    ]);
    expect(await refusedIn(() => refusalOf(`${server.url}/live`))).toMatchObject([
      { address: '127.0.0.1', key: 'none', route: '/live', code: 'unauthorised' },
    ]);
    expect(server.logged.join('\n')).not.toMatch(/Ada|Lovelace/);
  });

  it('of a browser without its CSRF token is logged with the key of its login', async () => {
    const reply = await send('POST', '/session', { 'content-type': 'application/json' }, `{"key": "${admin.key}"}`);
    const cookie = reply.headers.get('set-cookie')!.split(';')[0];
    expect(await refusedIn(() => send('DELETE', person, { cookie }))).toMatchObject([
      { key: admin.id, route: '/people/:name', code: 'bad_csrf_token' },
    ]);
  });

  it('over the CompreFace API is logged, too, without the key in its path', async () => {
    const path = `/api/v1/static/${wrong}/images/6b135f5b-a365-4522-b1f1-4c9ac2dd0728`;
    expect(await refusedIn(() => get(path))).toMatchObject([
      { key: '0123abcd', route: '/api/v1/static/:apiKey/images/:image', code: 'unauthorised' },
    ]);
    expect(server.logged.join('\n')).not.toContain(wrong);
  });

  it('by a limit, and a login that fails, are logged', async () => {
    const logIn = () => send('POST', '/session', { 'content-type': 'application/json' }, `{"key": "${wrong}"}`);
    const [line] = await refusedIn(logIn);
    expect(line).toMatchObject({ key: '0123abcd', route: '/session' });
    const lines = await refusedIn(async () => {
      for (let i = 0; i < 12; i++) await logIn();
    });
    expect(lines.at(-1)).toMatchObject({ route: '/session', status: 429, code: 'too_many_requests' });
    expect(await refusedIn(() => get('/session', wrong))).toHaveLength(1);
  });

  it('is counted', async () => {
    const text = await (await get('/metrics', small.key)).text();
    const count = (code: string) =>
      Number(new RegExp(`^rostro_auth_failures_total{code="${code}"} (\\d+)$`, 'm').exec(text)?.[1]);
    expect(count('unauthorised')).toBeGreaterThan(3);
    expect(count('forbidden')).toBe(1);
    expect(count('bad_csrf_token')).toBe(1);
  });

  it('is found by the filter for fail2ban in docs/security.md', () => {
    const [, text] = /^failregex = (.+\n(?: .+\n)*)/m.exec(readFileSync('docs/security.md', 'utf8'))!;
    const address = String.raw`(\d+\.\d+\.\d+\.\d+|[0-9a-f:]+)`;
    const filters = text
      .trim()
      .split(/\n +/)
      .map((filter) => new RegExp(filter.replace('<ADDR>', address)));
    const bannedBy = (line: string) => filters.flatMap((filter) => filter.exec(line)?.[1] ?? []);
    const lines = server.logged.filter((line) => (JSON.parse(line) as Line).msg === 'request refused');
    const wrongKeys = lines.filter((line) => {
      const { code, key } = JSON.parse(line) as Line;
      return (code === 'unauthorised' || code === 'too_many_requests') && key !== 'none';
    });
    expect([filters.length, wrongKeys.length > 3, wrongKeys.length < lines.length]).toEqual([2, true, true]);
    for (const line of server.logged) {
      const expected = wrongKeys.includes(line) ? ['127.0.0.1'] : [];
      expect([line, bannedBy(line), bannedBy(formatLine(line))]).toEqual([line, expected, expected]);
    }
  });
});

describe('reading personal data, with AUDIT=all', () => {
  it('is in the audit log, with the key and the pseudonym', async () => {
    const folder = auditFolder(join(server.dataDir, '.state'));
    const { subject } = entriesIn(folder).find(({ action }) => action === 'enrol')!;
    const count = entriesIn(folder).length;
    const { key, id } = await createKey(server.dataDir, 'enrol');
    const { examples } = (await (await get(person, key)).json()) as { examples: { id: string }[] };
    const list = (await (await get('/api/v1/recognition/faces', key)).json()) as { faces: { image_id: string }[] };
    const paths = [
      '/people',
      `${person}/examples/${examples[0].id}/crop`,
      `/api/v1/recognition/faces/${list.faces[0].image_id}/img`,
    ];
    for (const path of paths) expect([path, (await get(path, key)).status]).toEqual([path, 200]);
    expect((await get('/status', key)).status).toBe(200);
    await expect.poll(() => entriesIn(folder).length).toBeGreaterThanOrEqual(count + 5);
    const actor = { kind: 'key', id };
    expect(entriesIn(folder).slice(count)).toMatchObject([
      { action: 'read', actor, subject, facts: { route: '/people/:name' } },
      { action: 'read', actor, facts: { route: '/api/v1/recognition/faces' } },
      { action: 'read', actor, facts: { route: '/people' } },
      {
        action: 'read',
        actor,
        subject,
        facts: { route: '/people/:name/examples/:example/crop', example: examples[0].id },
      },
      { action: 'read', actor, facts: { image: list.faces[0].image_id } },
    ]);
  });

  it('has a page that asks again every few seconds once a minute, for each sender', async () => {
    const folder = auditFolder(join(server.dataDir, '.state'));
    const [one, other] = [await createKey(server.dataDir, 'admin'), await createKey(server.dataDir, 'admin')];
    for (let i = 0; i < 3; i++) expect((await get('/health', one.key)).status).toBe(200);
    for (const path of ['/health', '/model', '/people', '/people']) await get(path, other.key);
    const readBy = (key: string) => {
      const own = entriesIn(folder).filter(
        ({ action, actor }) => action === 'read' && (actor as { id?: string }).id === key,
      );
      return own.map(({ facts }) => (facts as { route: string }).route);
    };
    await expect.poll(() => readBy(other.id).length).toBe(3);
    expect([readBy(one.id), readBy(other.id)]).toEqual([['/health'], ['/health', '/people', '/people']]);
  });
});
