import { readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFile } from '../../../../src/access/key-file.js';
import { expiryOf } from '../../../../src/cli/keys.js';
import * as schemas from '../../../../src/http/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { jsonLines, rostroWith } from '../../../helpers/rostro.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
});
afterAll(() => server.close());

const statusOf = async (key?: string) =>
  (await fetch(`${server.url}/people`, { headers: key === undefined ? {} : { 'x-api-key': key } })).status;

/** fetch sets `Host` itself; this does not. */
function codeWithHost(host: string, url = server.url): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    httpRequest({ host: hostname, port, path: '/people', headers: { host } }, (reply) => {
      let text = '';
      reply.on('data', (chunk: Buffer) => (text += chunk.toString()));
      reply.on('end', () => {
        const { error } = JSON.parse(text) as { error?: { code: string } };
        resolve([reply.statusCode ?? 0, error?.code ?? '']);
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('a server without keys', () => {
  it('asks its own machine for none', async () => {
    expect(await statusOf()).toBe(200);
    expect(schemas.session.parse(await (await fetch(`${server.url}/session`)).json())).toMatchObject({
      keyNeeded: false,
    });
  });

  it('answers under the names of its own machine only (DNS rebinding)', async () => {
    for (const host of ['localhost', 'LOCALHOST:5000', '127.0.0.1:1', '127.1.2.3', '[::1]:5000']) {
      expect([host, (await codeWithHost(host))[0]]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:5000', '192.168.1.2']) {
      expect([host, ...(await codeWithHost(host))]).toEqual([host, 421, 'bad_host']);
    }
  });

  it.each(['0.0.0.0', '::', '192.0.2.1'])('does not listen on %s, and says why', async (host) => {
    await expect(startServer({ HOST: host })).rejects.toMatchObject({
      code: 'bad_config',
      message: `Without an access key the server listens on this machine only, not on ${host}: make a key with "rostro keys create --scope admin", or start it with --open to let everybody in.`,
    });
  });
});

describe('a server that is open because somebody said so', () => {
  it('answers under every name, until there is a key', async () => {
    const open = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', OPEN: '1' });
    expect(open.access).toBe('OPEN: anyone who can reach the address may do everything');
    expect(await codeWithHost('door.example', open.url)).toEqual([200, '']);
    await createKey(open.dataDir, 'recognise');
    expect(await codeWithHost('door.example', open.url)).toEqual([401, 'unauthorised']);
    await open.close();
  });
});

describe('a running server', () => {
  it('takes a key as soon as it is made, and no longer than until it is revoked', async () => {
    const { key, id } = await createKey(server.dataDir, 'admin');
    expect([await statusOf(), await statusOf(key)]).toEqual([401, 200]);
    await new KeyFile(join(server.dataDir, '.state')).revoke(id);
    expect(await statusOf(key)).toBe(401);
  });

  it('keeps the keys that it knows while the file is damaged, and stays closed when it is gone', async () => {
    const { key } = await createKey(server.dataDir, 'enrol');
    const path = join(server.dataDir, '.state', 'keys.json');
    expect(await statusOf(key)).toBe(200);
    await writeFile(path, '{"version": 1, "keys": [');
    expect([await statusOf(), await statusOf(key)]).toEqual([401, 200]);
    expect(server.logged.join('')).toContain('it is damaged. The keys stay as they were.');
    await expect(startServer({ ROSTRO_DATA: server.dataDir })).rejects.toMatchObject({ code: 'bad_config' });
    await unlink(path);
    expect([await statusOf(), await statusOf(key)]).toEqual([401, 401]);
  });
});

describe('weaknesses that others have on record', () => {
  it('ships no demo key: nothing that was published anywhere opens it (CompreFace#1217)', async () => {
    for (const key of ['00000000-0000-0000-0000-000000000002', 'admin', 'demo', 'rostro', 'rostro_00000000_']) {
      expect([key, [401, 429].includes(await statusOf(key))]).toEqual([key, true]);
    }
  });
});

describe('rostro keys', () => {
  it('prints a key once and keeps its hash only, where nobody else can read it', async () => {
    const made = await rostroWith(
      {},
      server.dataDir,
      'keys',
      'create',
      '--scope',
      'recognise',
      '--name',
      'door',
      '--group',
      ' staff ',
      '--expires',
      '30d',
    );
    const key = made.out.trim();
    expect(key).toMatch(/^rostro_[0-9a-f]{8}_[0-9a-f]{48}$/);
    const path = join(server.dataDir, '.state', 'keys.json');
    const kept = await readFile(path, 'utf8');
    expect(kept).not.toContain(key.split('_')[2]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const [listed] = jsonLines((await rostroWith({}, server.dataDir, 'keys', 'list', '--json')).out);
    expect(listed).toMatchObject({ id: key.split('_')[1], scope: 'recognise', group: 'staff', name: 'door' });
    expect(listed.revokedAt).toBeNull();
    const days = (Date.parse(String(listed.expiresAt)) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);
  });

  it('revokes, and says what it does not understand', async () => {
    const [{ id }] = jsonLines((await rostroWith({}, server.dataDir, 'keys', 'list', '--json')).out);
    expect((await rostroWith({}, server.dataDir, 'keys', 'revoke', String(id))).code).toBe(0);
    expect((await rostroWith({}, server.dataDir, 'keys', 'list')).out).toContain('revoked');
    const unknown = await rostroWith({}, server.dataDir, 'keys', 'revoke', 'ffffffff');
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('There is no access key ffffffff')]);
    const past = await rostroWith({}, server.dataDir, 'keys', 'create', '--scope', 'admin', '--expires', '2001-01-01');
    expect([past.code, past.out]).toEqual([1, '']);
  });

  it.each(['soon', '0', '-1d', '2001-01-01', '30 d', '1m', '2027-13-01'])('does not take --expires %s', (text) => {
    expect(() => expiryOf(text, Date.parse('2026-11-24'))).toThrow(/--expires/);
  });

  it.each([
    ['12h', '2026-11-24T12:00:00.000Z'],
    ['30d', '2026-12-24T00:00:00.000Z'],
    ['2w', '2026-12-08T00:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T10:00:00+02:00', '2027-01-31T08:00:00.000Z'],
  ])('takes --expires %s', (text, moment) => {
    expect(expiryOf(text, Date.parse('2026-11-24')).toISOString()).toBe(moment);
  });

  it('loses no key when several are made at once', async () => {
    const file = new KeyFile(join(server.dataDir, '.state'));
    const before = (await file.read())!.length;
    await Promise.all(Array.from({ length: 8 }, () => file.create({ scope: 'recognise', name: '', expiresAt: null })));
    expect((await file.read())!.length).toBe(before + 8);
  });
});
