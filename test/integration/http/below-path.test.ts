import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readConfig } from '../../../src/app/config.js';
import { Rostro } from '../../../src/client/index.js';
import { createKey } from '../../helpers/access.js';
import { onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** With any headers, which fetch does not send. */
function send(server: TestServer, method: string, path: string, headers = {}, body?: string | Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    httpRequest(server.url + path, { method, headers }, (reply) => {
      text(reply).then(
        (said) => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: said }),
        reject,
      );
    })
      .on('error', reject)
      .end(body);
  });
}

const liveOpens = (url: string, headers: Record<string, string> = {}) =>
  new Promise<boolean>((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers });
    socket.on('open', () => {
      socket.close();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** The absolute paths that a page or a script loads or links to. */
const absolute = (source: string) => source.match(/(?:href|src|action)="\/[^"]*|^import [^\n]*'\/[^']*/gm) ?? [];

describe('BASE_PATH', () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startServer({ ...NETWORKS, BASE_PATH: '/faces/', TRUST_PROXY: 'loopback' });
    ({ key } = await createKey(server.dataDir, 'admin'));
    const client = new Rostro({ url: `${server.url}/faces`, key });
    await client.enrol(await onePerson(), { name: 'Ada' });
  });
  afterAll(() => server.close());

  it.each([
    '/',
    '/live.html',
    '/css/rostro.css',
    '/client/index.js',
    '/vendor/scalar/standalone.js',
    '/help/',
    '/docs/',
  ])('shows %s below it and at the root', async (path) => {
    for (const root of ['/faces', '']) expect((await send(server, 'GET', root + path)).status).toBe(200);
  });

  it('leaves no absolute path in pages, their scripts and the help', async () => {
    const pages = ['', 'live.html', 'cameras.html', 'compare.html', 'calibration.html', 'login.html', 'docs/', 'help/'];
    const seen = new Set<string>();
    const queue = pages.map((page) => `${server.url}/faces/${page}`);
    for (const url of queue) {
      if (seen.has(url)) continue;
      seen.add(url);
      const reply = await fetch(url);
      expect([url, reply.status]).toEqual([url, 200]);
      if (/vendor|client/.test(url)) continue;
      const source = await reply.text();
      expect([url, absolute(source)]).toEqual([url, []]);
      const loaded = url.endsWith('.js') ? /^import .*from '([^']+)/gm : /(?:href|src)="([^":#]+)/g;
      for (const [, own] of source.matchAll(loaded)) {
        const found = new URL(own, url);
        if (/\.(js|html|css)$|\/$/.test(found.pathname)) queue.push(found.href);
      }
    }
    expect([...seen].filter((url) => !url.startsWith(`${server.url}/faces/`))).toEqual([]);
    expect(seen.size).toBeGreaterThan(80);
  });

  it('redirects within it', async () => {
    for (const [from, to] of [
      ['/faces', '/faces/'],
      ['/faces?a=b', '/faces/'],
      ['/faces/docs', '/faces/docs/'],
      ['/docs', '/faces/docs/'],
    ]) {
      const { status, headers } = await send(server, 'GET', from);
      expect([from, status >= 300 && status < 400, headers.location]).toEqual([from, true, to]);
    }
    expect((await send(server, 'GET', '/facesx/')).status).toBe(404);
  });

  it('is in the URLs of replies, and in the OpenAPI document', async () => {
    const { people } = JSON.parse((await send(server, 'GET', '/faces/people', { 'x-api-key': key })).body) as {
      people: { thumbnail: string }[];
    };
    expect(people[0].thumbnail).toMatch(/^\/faces\/people\/Ada\/examples\/\w+\/crop$/);
    expect((await send(server, 'GET', people[0].thumbnail, { 'x-api-key': key })).status).toBe(200);
    const document = JSON.parse((await send(server, 'GET', '/faces/openapi.json')).body) as { servers: object[] };
    expect(document.servers).toMatchObject([{ url: '/faces/' }]);
  });

  it('limits the cookie to it, and works with the cookie', async () => {
    const body = JSON.stringify({ key });
    const logIn = (headers = {}) =>
      send(server, 'POST', '/faces/session', { 'content-type': 'application/json', ...headers }, body);
    const plain = await logIn();
    expect(plain.headers['set-cookie']).toEqual([expect.stringMatching(/^rostro_session=.*; Path=\/faces; /)]);
    const tls = { 'x-forwarded-proto': 'https' };
    const secure = await logIn(tls);
    const [cookie] = secure.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Secure-rostro_session=.*; Path=\/faces; .*Secure; SameSite=Strict$/);
    const headers = { cookie: cookie.split(';')[0] };
    expect((await send(server, 'GET', '/faces/people', { ...tls, ...headers })).status).toBe(200);
    expect(await liveOpens(`${server.url}/faces/live`, headers)).toBe(true);
    // The name that another path or a subdomain could set does not count at the root.
    const atRoot = { ...tls, ...headers, 'x-forwarded-prefix': '/' };
    expect((await send(server, 'GET', '/people', atRoot)).status).toBe(401);
  });

  it('has the WebSocket, and CompreFace’s API', async () => {
    for (const root of ['/faces', '']) {
      expect(await liveOpens(`${server.url}${root}/live`, { 'x-api-key': key })).toBe(true);
    }
    expect(await liveOpens(`${server.url}/faces/other/live`, { 'x-api-key': key })).toBe(false);
    const faces = await send(server, 'GET', '/faces/api/v1/recognition/faces', { 'x-api-key': key });
    const [{ image_id: image }] = (JSON.parse(faces.body) as { faces: { image_id: string }[] }).faces;
    const path = (own: string) => `/faces/api/v1/static/${own}/images/${image}`;
    expect((await send(server, 'GET', path(key))).status).toBe(200);
    expect(JSON.parse((await send(server, 'GET', path('nonsense'))).body)).toMatchObject({ code: 26 });
  });

  it.each(['faces', '/a b', '//evil.example', '/a/../b', '/a?b', '/ä'])('is not %s', (BASE_PATH) => {
    expect(() => readConfig({ BASE_PATH })).toThrow(/BASE_PATH/);
  });
});

describe('X-Forwarded-Prefix', () => {
  const location = async (server: TestServer, prefix: string | string[], path = '/docs') =>
    (await send(server, 'GET', path, { 'x-forwarded-prefix': prefix })).headers.location;

  it('of a trusted proxy is the path', async () => {
    const server = await startServer({ ...NETWORKS, BASE_PATH: '/faces', TRUST_PROXY: 'loopback' });
    try {
      expect(await location(server, '/own')).toBe('/own/docs/');
      expect(await location(server, '/own/')).toBe('/own/docs/');
      expect(await location(server, '/')).toBe('/docs/');
      expect(await location(server, ['/outer', '/inner'])).toBe('/outer/inner/docs/');
      expect(await location(server, '/own', '/own/docs')).toBe('/own/docs/');
      for (const wrong of [
        '//evil.example',
        'https://evil.example',
        '/a/../b',
        '/a b',
        '/%2e',
        `/${'a'.repeat(300)}`,
      ]) {
        expect(await location(server, wrong)).toBe('/faces/docs/');
      }
      expect(await liveOpens(`${server.url}/own/live`, { 'x-forwarded-prefix': '/own' })).toBe(true);
    } finally {
      await server.close();
    }
  });

  it('of anyone else is ignored', async () => {
    const server = await startServer({ ...NETWORKS });
    try {
      expect(await location(server, '/own')).toBe('/docs/');
      expect(await liveOpens(`${server.url}/own/live`, { 'x-forwarded-prefix': '/own' })).toBe(false);
    } finally {
      await server.close();
    }
  });
});

describe('a page behind a proxy that changes the host', () => {
  const change = (server: TestServer, headers: Record<string, string>) =>
    send(server, 'DELETE', '/people/Nobody', headers);
  /** As browsers send it over plain HTTP, without Sec-Fetch-Site. */
  const origin = 'http://nas:8080';

  it('is told which header to set, or is known by what the proxy says', async () => {
    const server = await startServer({ ...NETWORKS, OPEN: '1', TRUST_PROXY: 'loopback' });
    try {
      const refused = await change(server, { origin, host: 'nas' });
      expect([refused.status, JSON.parse(refused.body)]).toMatchObject([403, { error: { code: 'cross_origin' } }]);
      expect(refused.body).toContain('proxy_set_header Host $http_host');
      for (const headers of [
        { host: 'nas:8080' },
        { host: 'nas', 'x-forwarded-port': '8080' },
        { host: '127.0.0.1:5000', 'x-forwarded-host': 'nas:8080' },
        { host: '127.0.0.1:5000', 'x-forwarded-host': 'nas', 'x-forwarded-port': '8080' },
      ] as Record<string, string>[]) {
        expect([headers, (await change(server, { origin, ...headers })).status]).toEqual([headers, 404]);
        expect([headers, await liveOpens(`${server.url}/live`, { origin, ...headers })]).toEqual([headers, true]);
      }
      expect((await change(server, { origin: 'http://nas', host: 'nas:80' })).status).toBe(404);
      const other = await change(server, { origin: 'http://evil.example', host: 'nas' });
      expect([other.status, other.body.includes('proxy')]).toEqual([403, false]);
      const elsewhere = await change(server, { origin: 'http://evil.example', host: 'nas', 'x-forwarded-port': '80' });
      expect(elsewhere.status).toBe(403);
    } finally {
      await server.close();
    }
  });

  it('is not believed if the proxy is not trusted', async () => {
    const server = await startServer({ ...NETWORKS, OPEN: '1' });
    try {
      for (const headers of [
        { host: 'nas', 'x-forwarded-port': '8080' },
        { host: 'other', 'x-forwarded-host': 'nas:8080' },
      ] as Record<string, string>[]) {
        expect((await change(server, { origin, ...headers })).status).toBe(403);
      }
    } finally {
      await server.close();
    }
  });
});

describe('FRAME_ANCESTORS', () => {
  it('allows frames of these origins, and gives them a cookie over HTTPS', async () => {
    const origins = 'http://homeassistant.local:8123,https://home.example';
    const server = await startServer({ ...NETWORKS, FRAME_ANCESTORS: origins, TRUST_PROXY: 'loopback' });
    try {
      const { key } = await createKey(server.dataDir, 'admin');
      for (const path of ['/live.html', '/docs/']) {
        const { headers } = await send(server, 'GET', path);
        expect(headers['x-frame-options']).toBeUndefined();
        expect(headers['content-security-policy']).toContain(
          "frame-ancestors 'self' http://homeassistant.local:8123 https://home.example",
        );
        expect(headers['permissions-policy']).toContain('camera=(self)');
      }
      const logIn = async (headers = {}) =>
        (
          await send(
            server,
            'POST',
            '/session',
            { 'content-type': 'application/json', ...headers },
            JSON.stringify({ key }),
          )
        ).headers['set-cookie']?.[0];
      expect(await logIn({ 'x-forwarded-proto': 'https' })).toMatch(
        /^__Host-rostro_session=.*Secure; Partitioned; SameSite=None|^__Host-rostro_session=.*Secure; SameSite=None; Partitioned/,
      );
      expect(await logIn()).toMatch(/SameSite=Strict$/);
    } finally {
      await server.close();
    }
  });

  it('allows none by default', async () => {
    const server = await startServer(NETWORKS);
    try {
      const { headers } = await send(server, 'GET', '/');
      expect(headers['x-frame-options']).toBe('SAMEORIGIN');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    } finally {
      await server.close();
    }
  });
});
