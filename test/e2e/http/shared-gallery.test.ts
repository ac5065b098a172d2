import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessKeys } from '../../../src/access/keys.js';
import { KeyTable } from '../../../src/access/key-table.js';
import { openDatabase } from '../../../src/gallery/postgres/migrate.js';
import { hasPostgres, needsPostgres, query, startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { killServers, rostroWith, type ServerProcess as Server, serveRostro } from '../../helpers/rostro.js';
import { anotherFile, onePerson } from '../../helpers/portraits.js';
import { tcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.js';

const wait = { timeout: 30_000 };
/** Five wrong keys are answered at once, later ones after a delay. */
const waitSlowly = { timeout: 30_000, interval: 1000 };
let postgres: TestPostgres;
let folder: string;
let databaseUrl: string;
let proxy: TcpProxy;
let servers: Server[] = [];
let photo: Buffer;

async function serve(database: string): Promise<Server> {
  const server = await serveRostro({ DATABASE_URL: database }, await mkdtemp(join(folder, 'server-')));
  servers.push(server);
  return server;
}

async function enrol(server: Server, name: string, bytes: Uint8Array = photo): Promise<Response> {
  const form = new FormData();
  form.append('name', name);
  form.append('file', new Blob([new Uint8Array(bytes)]), 'photo.jpg');
  return fetch(`${server.url}/upload`, { method: 'POST', body: form });
}

async function recognise(server: Server): Promise<unknown[]> {
  const answer = await fetch(`${server.url}/recognize`, {
    method: 'POST',
    body: new Uint8Array(photo),
    headers: { 'Content-Type': 'image/jpeg' },
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { faces: { name: string | null }[] }).faces.map(({ name }) => name);
}

const ready = async ({ url }: Server) => (await fetch(`${url}/readyz`)).status;
const namesIn = async ({ url }: Server, headers: HeadersInit = {}) => {
  const answer = await fetch(`${url}/people`, { headers });
  return ((await answer.json()) as { people?: { name: string }[] }).people?.map(({ name }) => name) ?? answer.status;
};

describe.skipIf(!hasPostgres)(`two servers on one PostgreSQL${needsPostgres}`, () => {
  beforeAll(async () => {
    postgres = await startPostgres();
    photo = await onePerson();
    folder = await mkdtemp(join(tmpdir(), 'rostro-shared-'));
  });
  afterAll(async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    databaseUrl = await postgres.newDatabase();
    proxy = await tcpProxy(postgres.port);
  });
  afterEach(async () => {
    await killServers(servers);
    servers = [];
    await proxy.close();
  });
  const behindProxy = () => databaseUrl.replace(`:${postgres.port}/`, `:${proxy.port}/`);

  it('name the same people; one that is cut off goes on, says so, and mends itself', async () => {
    const [near, far] = [await serve(databaseUrl), await serve(behindProxy())];
    expect((await enrol(near, 'Ada')).status).toBe(201);
    await expect.poll(() => recognise(far), wait).toEqual(['Ada']);
    const { examples } = (await (await fetch(`${far.url}/people/Ada`)).json()) as { examples: { crop: string }[] };
    const crop = await fetch(`${far.url}${examples[0].crop}`);
    expect([crop.status, crop.headers.get('content-type')]).toEqual([200, 'image/jpeg']);

    proxy.cut();
    await expect.poll(() => ready(far), wait).toBe(503);
    expect(await (await fetch(`${far.url}/readyz`)).json()).toMatchObject({
      error: { code: 'not_ready', details: { reason: 'database' } },
    });
    expect(await recognise(far)).toEqual(['Ada']);
    const refused = await enrol(far, 'Eve');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'database_unreachable' } }]);
    await fetch(`${near.url}/people/Ada`, { method: 'PATCH', body: '{"name":"Augusta"}', headers: json });

    proxy.restore();
    await expect.poll(() => ready(far), wait).toBe(200);
    await expect.poll(() => recognise(far), wait).toEqual(['Augusta']);
    expect((await enrol(far, 'Augusta', anotherFile(photo))).status).toBe(201);
    expect(await namesIn(near)).toEqual(['Augusta']);
    expect(await audit('verify')).toContain('all as they were written');
    const shown = await audit('show');
    expect(shown).toMatch(/enrol {2}Augusta, begun[^]*rename {2}Augusta, done[^]*enrol {2}Augusta, done/);
  });

  it('make keys that work at once, and keep one admin key when both revoke at the same time', async () => {
    const databases = await Promise.all([openDatabase(databaseUrl), openDatabase(databaseUrl)]);
    const servers = await Promise.all(
      databases.map((database) => AccessKeys.open(new KeyTable(database), () => undefined)),
    );
    const wish = { scope: 'admin', name: 'laptop', expiresAt: null } as const;
    for (let round = 0; round < 10; round++) {
      const made = await Promise.all(servers.map((keys) => keys.create(wish)));
      made.forEach(({ key }, index) => expect(servers[index].check(key)).toHaveProperty('key'));
      const others = (await servers[0].list()).filter(({ id, revokedAt }) => !revokedAt && id !== made[1].stored.id);
      for (const { id } of others) if (id !== made[0].stored.id) await servers[0].revoke(id);
      const ends = await Promise.allSettled(made.map(({ stored: { id } }, index) => servers[index].revoke(id)));
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
    await Promise.all(databases.map((database) => database.close()));
  });

  it('share keys and logins', async () => {
    const { out } = await rostroWith({ DATABASE_URL: databaseUrl }, folder, 'keys', 'create', '--scope', 'admin');
    const key = out.trim();
    const [near, far] = [await serve(databaseUrl), await serve(behindProxy())];
    expect(await namesIn(near)).toBe(401);
    for (const server of [near, far]) expect(await namesIn(server, { 'x-api-key': key })).toEqual([]);
    const bound = await rostroWith(
      { DATABASE_URL: databaseUrl },
      ...([folder, 'keys', 'create', '--scope', 'admin', '--group', 'staff'] as const),
    );
    const ofStaff = { 'x-api-key': bound.out.trim() };
    await expect.poll(() => namesIn(far, ofStaff), waitSlowly).toBe(403);
    expect(await (await fetch(`${far.url}/session`, { headers: ofStaff })).json()).toMatchObject({ group: 'staff' });
    const older = `INSERT INTO rostro.logins (id, key_id, csrf_token, started_at)
      SELECT $1::text || number, $1, '', now() - number * interval '1 second' FROM generate_series(1, $2::int) number`;
    await query(databaseUrl, older, [key.split('_')[1], 1000]);
    await query(databaseUrl, older, ['another key', 1000]);
    const login = await fetch(`${near.url}/session`, { method: 'POST', headers: json, body: JSON.stringify({ key }) });
    expect(await query(databaseUrl, 'SELECT count(*)::int FROM rostro.logins GROUP BY key_id')).toEqual([
      { count: 1000 },
      { count: 1000 },
    ]);
    const cookie = login.headers.get('set-cookie')!.split(';')[0];
    const { csrfToken } = (await login.json()) as { csrfToken: string };
    expect(await namesIn(far, { cookie })).toEqual([]);

    proxy.cut();
    await expect.poll(() => ready(far), wait).toBe(503);
    expect(await namesIn(far, { cookie })).toEqual([]);
    expect(await namesIn(far, { 'x-api-key': key })).toEqual([]);
    expect(await namesIn(far, { 'x-api-key': key.replace(/.$/, key.endsWith('0') ? '1' : '0') })).toBe(401);
    proxy.restore();
    await expect.poll(() => ready(far), wait).toBe(200);

    await fetch(`${near.url}/session`, { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrfToken } });
    await expect.poll(() => namesIn(far, { cookie }), wait).toBe(401);
    await rostroWith({ DATABASE_URL: databaseUrl }, folder, 'keys', 'revoke', key.split('_')[1]);
    for (const server of [near, far])
      await expect.poll(() => namesIn(server, { 'x-api-key': key }), waitSlowly).toBe(401);
  });

  it('leave nothing half when one is killed amid changes, and the other knows what became of them', async () => {
    const follower = await serve(databaseUrl);
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const doomed = await serve(databaseUrl);
      const dead = once(doomed.process, 'exit');
      const work = Array.from({ length: 6 }, async (_, client) => {
        for (let i = 0; ; i++) {
          const name = `P${round}-${client}-${i}`;
          const answer = await enrol(doomed, name).catch(() => null);
          if (answer === null) return;
          if (answer.status === 201) acknowledged.push(name);
        }
      });
      const before = acknowledged.length;
      await expect.poll(() => acknowledged.length, wait).toBeGreaterThan(before + 2);
      setTimeout(() => doomed.process.kill('SIGKILL'), Math.random() * 300);
      await dead;
      await Promise.all(work);
    }
    const inDatabase = await query(databaseUrl, 'SELECT name FROM rostro.people ORDER BY name');
    await expect
      .poll(async () => ((await namesIn(follower)) as string[]).sort(), wait)
      .toEqual(inDatabase.map(({ name }) => name).sort());
    const there = new Set(inDatabase.map(({ name }) => String(name)));
    expect(acknowledged.filter((name) => !there.has(name))).toEqual([]);
    const half = await query(
      databaseUrl,
      `SELECT p.name FROM rostro.people p LEFT JOIN rostro.examples e ON e.person = p.key
       LEFT JOIN rostro.vectors v ON v.example = e.key WHERE v.vector IS NULL OR e.crop IS NULL`,
    );
    expect(half).toEqual([]);
    expect((await enrol(follower, 'Ada')).status).toBe(201);
    expect(await audit('verify')).toContain('all as they were written');
  });

  async function audit(what: string): Promise<string> {
    const { out, err } = await rostroWith({ DATABASE_URL: databaseUrl }, folder, 'audit', what);
    return out + err;
  }
});

const json = { 'Content-Type': 'application/json' };
