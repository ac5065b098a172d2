import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { uploadPage } from '../../../src/http/upload-page.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

let server: TestServer;
let group: Buffer;

beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  group = await sharp(samplePhoto(3)).resize(900).jpeg().toBuffer();
}, 120_000);
afterAll(() => server.close());

function upload(fields: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(group)]), 'Group.jpg');
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return fetch(`${server.url}/upload`, { method: 'POST', body, headers });
}

describe('one of several faces', () => {
  it('is enrolled when the request says which, by its place in the list of the refusal', async () => {
    const refusal = schemas.failure.parse(await (await upload({})).json());
    expect(refusal.error.code).toBe('several_faces');
    const faces = refusal.error.details.faces as { box: object }[];
    expect(faces).toHaveLength(3);
    const { enrolled } = schemas.upload.parse(await (await upload({ face: '2', name: 'Third' })).json());
    expect(enrolled[0]).toMatchObject({ name: 'Third', box: faces[2].box });
  });

  it('is refused when there is none at that place', async () => {
    for (const face of ['3', '-1', 'x']) {
      const reply = await upload({ face, name: 'Nobody' });
      expect(reply.status).toBe(400);
      expect(schemas.failure.parse(await reply.json()).error.code).toBe('bad_request');
    }
  });
});

describe('a form without JavaScript', () => {
  const html = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  it('is answered with a page, in the language of the browser', async () => {
    const reply = await upload({ face: '0', name: 'Ada' }, { ...html, 'accept-language': 'es-ES,es;q=0.9' });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([201, 'text/html; charset=utf-8']);
    const page = await reply.text();
    expect(page).toContain('<html lang="es">');
    expect(page).toContain('<strong>Ada</strong>');
    expect(page).toContain('href="./"');
  });

  it('is told why a photo was refused', async () => {
    const reply = await upload({}, html);
    expect(reply.status).toBe(422);
    const page = await reply.text();
    expect(page).toContain('Not enrolled');
    expect(page).toContain('several faces');
  });

  it('shows names as text only', () => {
    const page = uploadPage(
      {
        enrolled: [
          { file: null, name: '<img src=x onerror="alert(1)">', outcome: 'enrolled', example: 'e', warnings: [] },
        ],
        rejected: [],
      },
      'en',
      (_kind, { message }) => message,
    );
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
    expect(page).not.toContain('<img src=x');
  });
});

describe('requests that another site makes a browser send', () => {
  const cases: [string, Record<string, string>, number][] = [
    ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a page of a neighbouring site', { 'sec-fetch-site': 'same-site' }, 403],
    ['an old browser on another site', { origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['our own page', { 'sec-fetch-site': 'same-origin' }, 404],
    ['curl', {}, 404],
  ];
  it.each(cases)('%s deleting a person: %i', async (_, headers, status) => {
    const reply = await rawDelete(headers);
    expect(reply).toBe(status);
  });

  it('may not be read by other sites either', async () => {
    const reply = await fetch(`${server.url}/people`, { headers: { origin: 'https://evil.example' } });
    expect(reply.headers.get('access-control-allow-origin')).toBeNull();
  });

  /** fetch forbids these headers, so curl's own path: a bare HTTP request. */
  async function rawDelete(headers: Record<string, string>): Promise<number> {
    const { request: plain } = await import('node:http');
    return new Promise((resolve, reject) => {
      const sent = plain(`${server.url}/people/Nobody`, { method: 'DELETE', headers }, (reply) => {
        reply.resume();
        resolve(reply.statusCode ?? 0);
      });
      sent.on('error', reject).end();
    });
  }
});

describe('what the pages need', () => {
  it('says what runs', async () => {
    const status = schemas.status.parse(await (await fetch(`${server.url}/status`)).json());
    expect(status).toMatchObject({
      model: { detector: 'ssd', embedder: 'face-api' },
      threshold: expect.any(Number) as number,
      liveness: false,
    });
  });

  it.each([
    '/vendor/bootstrap/css/bootstrap.min.css',
    '/vendor/bootstrap/js/bootstrap.bundle.min.js',
    '/vendor/jquery/jquery.module.min.js',
    '/client/index.js',
  ])('serves %s', async (path) => {
    const reply = await fetch(server.url + path);
    expect(reply.status).toBe(200);
    expect((await reply.text()).length).toBeGreaterThan(10_000);
  });

  it('allows no inline script, no frame, no sniffing', async () => {
    const { headers } = await fetch(`${server.url}/`);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('permissions-policy')).toContain('camera=(self)');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('gives each person a thumbnail', async () => {
    const { people } = schemas.people.parse(await (await fetch(`${server.url}/people`)).json());
    const ada = people.find(({ name }) => name === 'Ada');
    const crop = await fetch(`${server.url}${ada?.thumbnail}`);
    expect(crop.headers.get('content-type')).toBe('image/jpeg');
  });
});

describe('HTTPS', () => {
  it('makes a certificate once, readable by its owner only, and serves with it', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
    const settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', HTTPS: '1', ROSTRO_DATA: dataDir } as const;
    try {
      const certs: string[] = [];
      for (let start = 0; start < 2; start++) {
        const secure = await startServer(settings);
        expect(secure.url).toMatch(/^https:\/\/localhost:\d+$/);
        const cert = await readFile(join(dataDir, '.state', 'tls-cert.pem'), 'utf8');
        expect(await statusOver(secure.url, cert)).toBe(200);
        certs.push(cert);
        await secure.close();
      }
      expect(certs[0]).toBe(certs[1]);
      expect((await stat(join(dataDir, '.state', 'tls-key.pem'))).mode & 0o777).toBe(0o600);
      const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: certs[0], encoding: 'utf8' });
      expect(text).toMatch(/DNS:localhost/);
      expect(text).toMatch(/IP Address:127\.0\.0\.1/);
      expect(text).toMatch(/ecdsa-with-SHA256/);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('says which file of TLS_CERT and TLS_KEY it cannot read', async () => {
    const settings = { TLS_CERT: '/nowhere/cert.pem', TLS_KEY: '/nowhere/key.pem' };
    await expect(startServer(settings)).rejects.toMatchObject({
      code: 'bad_config',
      message: 'Cannot read /nowhere/cert.pem for TLS.',
    });
    await expect(startServer({ TLS_CERT: '/nowhere/cert.pem' })).rejects.toMatchObject({ code: 'bad_config' });
  });

  function statusOver(url: string, ca: string): Promise<number> {
    return new Promise((resolve, reject) => {
      request(`${url}/healthz`, { ca }, (reply) => {
        reply.resume();
        resolve(reply.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  }
});
