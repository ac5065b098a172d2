import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/app/config.js';
import { createKey } from '../../../helpers/access.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

const FRIEND = 'https://door.example';

/** fetch forbids the headers that browsers set themselves. */
function send(
  server: TestServer,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(server.url + path, { method, headers }, (reply) => {
      reply.resume();
      reply.on('end', () => resolve(reply));
    })
      .on('error', reject)
      .end();
  });
}

describe('pages of other sites', () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', CORS_ORIGINS: FRIEND });
    key = (await createKey(server.dataDir, 'admin')).key;
  });
  afterAll(() => server.close());

  it('may call the server where they are named, with a key and never with a cookie', async () => {
    const asked = await send(server, 'OPTIONS', '/people/Ada', {
      origin: FRIEND,
      'sec-fetch-site': 'cross-site',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'x-api-key',
    });
    expect(asked.statusCode).toBe(204);
    expect(asked.headers['access-control-allow-origin']).toBe(FRIEND);
    expect(asked.headers.vary).toContain('Origin');
    expect(asked.headers['access-control-allow-credentials']).toBeUndefined();
    const headers = { origin: FRIEND, 'sec-fetch-site': 'cross-site', 'x-api-key': key };
    const sent = await send(server, 'DELETE', '/people/Nobody', headers);
    expect([sent.statusCode, sent.headers['access-control-allow-origin']]).toEqual([404, FRIEND]);
  });

  it.each(['https://evil.example', 'https://door.example.evil.example', 'http://door.example', 'null'])(
    '%s may not',
    async (origin) => {
      const asked = await send(server, 'OPTIONS', '/people', { origin, 'access-control-request-method': 'GET' });
      expect(asked.headers['access-control-allow-origin']).toBeUndefined();
      const headers = { origin, 'sec-fetch-site': 'cross-site', 'x-api-key': key };
      const sent = await send(server, 'DELETE', '/people/Nobody', headers);
      expect([sent.statusCode, sent.headers['access-control-allow-origin']]).toEqual([403, undefined]);
    },
  );
});

describe('the settings', () => {
  it.each(['*', 'door.example', 'https://door.example/path', 'https://door.example,*', 'null'])(
    'do not take %s for an origin',
    (CORS_ORIGINS) => {
      expect(() => readConfig({ CORS_ORIGINS })).toThrow(/CORS_ORIGINS/);
    },
  );

  it.each(['true', 'everybody', '1.2.3', '-1'])('do not take %s for a proxy', (TRUST_PROXY) => {
    expect(() => readConfig({ TRUST_PROXY })).toThrow(/TRUST_PROXY/);
  });
});

describe('the rate of requests', () => {
  it('is counted for each key, and says when to come back', async () => {
    const server = await startServer({
      DETECTOR: 'ssd',
      EMBEDDER: 'face-api',
      RATE_LIMIT: '20',
      RATE_LIMIT_CHANGES: '3',
    });
    try {
      const [one, other] = [await createKey(server.dataDir, 'admin'), await createKey(server.dataDir, 'admin')];
      const statuses = [];
      for (let i = 0; i < 5; i++) {
        const reply = await send(server, 'DELETE', '/people/Nobody', { 'x-api-key': one.key });
        statuses.push([reply.statusCode, Number(reply.headers['retry-after'] ?? 0) > 0]);
      }
      expect(statuses).toEqual([...Array<unknown>(3).fill([404, false]), ...Array<unknown>(2).fill([429, true])]);
      for (let i = 0; i < 20; i++)
        expect((await send(server, 'GET', '/people', { 'x-api-key': one.key })).statusCode).toBe(200);
      const over = await send(server, 'GET', '/people', { 'x-api-key': one.key, 'x-forwarded-for': '198.51.100.7' });
      expect([over.statusCode, over.headers.ratelimit]).toEqual([429, expect.stringContaining('r=0')]);
      expect((await send(server, 'GET', '/people', { 'x-api-key': other.key })).statusCode).toBe(200);
    } finally {
      await server.close();
    }
  });

  it('is counted for each address behind a proxy that is trusted', async () => {
    const server = await startServer({
      DETECTOR: 'ssd',
      EMBEDDER: 'face-api',
      RATE_LIMIT: '2',
      TRUST_PROXY: 'loopback',
    });
    try {
      const from = async (address: string) =>
        (await send(server, 'GET', '/people', { 'x-forwarded-for': address })).statusCode;
      expect([await from('198.51.100.7'), await from('198.51.100.7'), await from('198.51.100.7')]).toEqual([
        200, 200, 429,
      ]);
      expect(await from('198.51.100.8')).toBe(200);
    } finally {
      await server.close();
    }
  });
});
