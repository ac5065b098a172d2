import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTable } from '../../../../src/http/access-table.js';
import { COMPREFACE_API } from '../../../../src/plugins/compreface/http.js';
import * as schemas from '../../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

let server: TestServer;
let portrait: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', MAX_REQUEST_MB: '30' });
  portrait = await sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 }).jpeg().toBuffer();
});
afterAll(() => server.close());

async function refusal(reply: Response): Promise<[number, string]> {
  return [reply.status, schemas.failure.parse(await reply.json()).error.code];
}

const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

/** A multipart body made by hand, so that nothing tidies it up. */
function multipart(...parts: string[]): [string, Record<string, string>] {
  const body = parts.map((part) => `--b\r\n${part}\r\n`).join('');
  return [`${body}--b--\r\n`, { 'content-type': 'multipart/form-data; boundary=b' }];
}
const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
const file = (name: string, bytes = 'x') =>
  `Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n${bytes}`;

async function stillWorks(): Promise<void> {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(portrait)]), 'a.jpg');
  expect((await post('/detect', body)).status).toBe(200);
}

describe('multipart bodies beyond the limits', () => {
  const cases: [string, number, string, () => [string, Record<string, string>]][] = [
    [
      '1,000 files',
      413,
      'too_many_files',
      () => multipart(...Array.from({ length: 1000 }, (_, i) => file(`${i}.jpg`))),
    ],
    [
      '1,000 fields',
      400,
      'bad_request',
      () => multipart(...Array.from({ length: 1000 }, (_, i) => field(`f${i}`, 'x'))),
    ],
    ['a field of a megabyte', 400, 'bad_request', () => multipart(field('name', 'x'.repeat(1 << 20)))],
    ['a field name of a megabyte', 400, 'bad_request', () => multipart(field('x'.repeat(1 << 20), 'x'))],
    [
      '10,000 headers in one part',
      400,
      'bad_request',
      () => multipart(`${'X-A: b\r\n'.repeat(10_000)}${file('a.jpg')}`),
    ],
    ['a nested field name', 400, 'bad_request', () => multipart(field(`a${'[b]'.repeat(30)}`, 'x'))],
    ['an array of a billion', 400, 'bad_request', () => multipart(field('a[999999999]', 'x'))],
    [
      'fields named as in JavaScript',
      400,
      'no_file',
      () => multipart(field('__proto__', 'x'), field('constructor', 'x')),
    ],
  ];
  it.each(cases)('%s: %i %s, and the next request works', async (_, status, code, body) => {
    for (const path of ['/upload', '/recognize'])
      expect(await refusal(await post(path, ...body()))).toEqual([status, code]);
    await stillWorks();
  });

  it('files that are too large together, whether the request says its length or not', async () => {
    const body = new FormData();
    for (let i = 0; i < 4; i++) body.append('file', new Blob([Buffer.alloc(9 << 20)]), `${i}.jpg`);
    expect(await refusal(await post('/upload', body))).toEqual([413, 'upload_too_large']);
    const { body: stream, headers } = new Response(body);
    const type = { 'content-type': headers.get('content-type')! };
    expect(await refusal(await post('/upload', stream!, type))).toEqual([413, 'upload_too_large']);
    await stillWorks();
  });
});

describe('bodies of 50 MB', () => {
  it.each(['image/jpeg', 'application/octet-stream', 'application/json', 'multipart/form-data; boundary=b'])(
    '%s: refused, without being kept in memory, and the next request works',
    async (type) => {
      const before = process.memoryUsage().arrayBuffers;
      const chunk = Buffer.alloc(1 << 20, '--b\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n');
      let sent = 0;
      let most = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          most = Math.max(most, process.memoryUsage().arrayBuffers);
          if (sent++ < 50) controller.enqueue(chunk);
          else controller.close();
        },
      });
      const [status] = await refusal(await post('/recognize', stream, { 'content-type': type }));
      expect([400, 413]).toContain(status);
      expect(most - before).toBeLessThan(60 << 20);
      await stillWorks();
    },
  );
});

describe('JSON', () => {
  const MANY = 10_000_000;
  it.each([
    ['arrays in each other', '['.repeat(MANY)],
    ['arrays in each other, closed', '['.repeat(MANY) + ']'.repeat(MANY)],
    ['objects in each other', '{"a":'.repeat(MANY / 4) + '1' + '}'.repeat(MANY / 4)],
    ['an image of arrays', `{"image":${'['.repeat(MANY)}${']'.repeat(MANY)}}`],
    ['a long list', `["\\\\","\\"",${'[],'.repeat(MANY / 2)}1]`],
  ])('%s by the million: refused before it is parsed, and the next request works', async (_, body) => {
    const reply = await post('/recognize', body, { 'content-type': 'application/json' });
    expect(reply.status).toBe(400);
    expect(schemas.failure.parse(await reply.json()).error.message).toContain('more than 1000 values');
    await stillWorks();
  });

  it('of another encoding, in which brackets could hide, is refused', async () => {
    const body = Buffer.from('{"image": "AAAA"}', 'utf16le');
    expect(
      await refusal(await post('/recognize', body, { 'content-type': 'application/json; charset=utf-16le' })),
    ).toEqual([400, 'bad_request']);
  });

  it('is read whatever its text has in it: quotes, backslashes, brackets', async () => {
    for (const name of ['a"b', '\\', '\\"', '[{,'.repeat(1000), '"]}']) {
      const body = JSON.stringify({ name, image: portrait.toString('base64') });
      expect([name, (await post('/recognize', body, { 'content-type': 'application/json' })).status]).toEqual([
        name,
        200,
      ]);
    }
  });

  it('is an object or an array', async () => {
    const json = { 'content-type': 'application/json' };
    for (const body of ['1', '"image"', 'null', '{', '\u{1}']) {
      expect(await refusal(await post('/recognize', body, json))).toEqual([400, 'bad_request']);
    }
    for (const body of ['', '{}', '[]', '\ufeff{}']) {
      expect(await refusal(await post('/recognize', body, json))).toEqual([400, 'no_file']);
    }
  });

  it('has no prototype that counts', async () => {
    const body = '{"__proto__": {"image": "AAAA"}, "constructor": {"prototype": {"image": "AAAA"}}}';
    expect(await refusal(await post('/recognize', body, { 'content-type': 'application/json' }))).toEqual([
      400,
      'no_file',
    ]);
  });
});

describe('compressed bodies', () => {
  const json = () => JSON.stringify({ image: portrait.toString('base64') });
  const send = (encoding: string, type: string, body: Buffer) =>
    post('/detect', new Uint8Array(body), { 'content-type': type, 'content-encoding': encoding });

  it('are read like others', async () => {
    expect((await send('gzip', 'image/jpeg', gzipSync(portrait))).status).toBe(200);
    expect((await send('br', 'application/json', brotliCompressSync(json()))).status).toBe(200);
    expect((await send('deflate', 'application/json', deflateSync(json()))).status).toBe(200);
    expect((await send('identity', 'image/jpeg', portrait)).status).toBe(200);
  });

  it.each([
    ['100 KB that become 100 MB', 413, 'upload_too_large', 'gzip', () => gzipSync(Buffer.alloc(100 << 20))],
    ['one that ends too early', 400, 'bad_request', 'gzip', () => gzipSync(portrait).subarray(0, 1000)],
    ['one that is damaged', 400, 'bad_request', 'br', () => portrait],
    ['one of an unknown encoding', 400, 'bad_request', 'compress', () => portrait],
  ])('%s: %i %s, and the next request works', async (_, status, code, encoding, body) => {
    for (const type of ['image/jpeg', 'application/json']) {
      expect(await refusal(await send(encoding, type, body()))).toEqual([status, code]);
    }
    await stillWorks();
  });
});

/** fetch would take the dots out of a path. */
function sendAsItIs(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<[number, string]> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, method, path, headers }, (reply) => {
      let text = '';
      reply.on('data', (chunk: Buffer) => (text += chunk.toString()));
      reply.on('end', () => resolve([reply.statusCode ?? 0, text]));
    })
      .on('error', reject)
      .end(body);
  });
}

describe('names', () => {
  const naming = Object.keys(accessTable([COMPREFACE_API])).filter((route) => route.includes(':'));
  const TRAVERSALS = [
    '..',
    '../../etc/passwd',
    '..\\..\\windows',
    '/etc/passwd',
    'a/../../b',
    '....//',
    '\0',
    'a\0.jpg',
  ];

  it('lists every route that takes one', () => {
    expect(naming.sort()).toEqual([
      'DELETE /api/v1/recognition/faces/:image',
      'DELETE /api/v1/recognition/subjects/:subject',
      'DELETE /attendance/:id',
      'DELETE /cameras/:id',
      'DELETE /import/:id',
      'DELETE /keys/:id',
      'DELETE /people/:name',
      'DELETE /people/:name/examples/:example',
      'DELETE /people/:name/negatives/:negative',
      'DELETE /sightings/:id',
      'DELETE /strangers/:id',
      'GET /api/v1/recognition/faces/:image/img',
      'GET /api/v1/static/:apiKey/images/:image',
      'GET /attendance/:id',
      'GET /attendance/:id/csv',
      'GET /attendance/:id/xlsx',
      'GET /cameras/:id',
      'GET /cameras/:id/settings',
      'GET /cameras/:id/snapshot',
      'GET /cameras/:id/tracks/:track/crop',
      'GET /challenges/:id',
      'GET /import/:id',
      'GET /import/:id/photo',
      'GET /import/:id/report',
      'GET /people/:name',
      'GET /people/:name/examples',
      'GET /people/:name/examples/:example/crop',
      'GET /people/:name/export',
      'GET /people/:name/negatives',
      'GET /people/:name/negatives/:negative/crop',
      'GET /sightings/:id',
      'GET /sightings/:id/crop',
      'GET /strangers/:id',
      'PATCH /attendance/:id',
      'PATCH /attendance/:id/people/:name',
      'PATCH /cameras/:id',
      'PATCH /people/:name',
      'PATCH /people/:name/examples/:example',
      'PATCH /sightings/:id',
      'PATCH /strangers/:id',
      'POST /api/v1/recognition/embeddings/faces/:image/verify',
      'POST /api/v1/recognition/faces/:image/verify',
      'POST /attendance/:id/pictures',
      'POST /cameras/:id/test',
      'POST /challenges/:id/frames',
      'POST /deliveries/:id/retry',
      'POST /import/:id/choices',
      'POST /import/:id/start',
      'POST /people/:name/negatives',
      'POST /strangers/:id/split',
      'PUT /api/v1/recognition/subjects/:subject',
    ]);
  });

  /** What the route needs besides, so that it looks for what the path names. */
  const BODIES: Readonly<Record<string, object>> = {
    'PATCH /people/:name': { name: 'Ada' },
    'PATCH /sightings/:id': { person: 'Ada' },
    'PATCH /strangers/:id': { person: 'Ada' },
    'POST /strangers/:id/split': { sighting: '000000000000-000000000000' },
    'PUT /api/v1/recognition/subjects/:subject': { subject: 'Ada' },
    'POST /api/v1/recognition/faces/:image/verify': { file: 'bm9uZQ==' },
    'POST /api/v1/recognition/embeddings/faces/:image/verify': { embeddings: [[0]] },
    'POST /import/:id/choices': { choices: [{ file: '../../etc/passwd', face: 0 }] },
  };

  it.each(naming)('%s opens nothing outside the gallery', async (route) => {
    const [method, path] = route.split(' ');
    const [headers, body] =
      route in BODIES ? [{ 'content-type': 'application/json' }, JSON.stringify(BODIES[route])] : [];
    for (const name of TRAVERSALS) {
      for (const written of [encodeURIComponent(name), encodeURIComponent(encodeURIComponent(name))]) {
        const target = path.replace(/:\w+/g, written);
        const query = path.endsWith('/photo') ? `?file=${written}` : '';
        const [status, text] = await sendAsItIs(method, target + query, headers, body);
        expect([name, [400, 404, 422].includes(status)]).toEqual([name, true]);
        expect(text).not.toMatch(/root:|localhost/);
      }
    }
  });

  it('are refused as new ones too: of a file, of a field, of a rename', async () => {
    const enrol = async (fileName: string, name?: string) => {
      const body = new FormData();
      body.append('file', new Blob([new Uint8Array(portrait)]), fileName);
      if (name !== undefined) body.append('name', name);
      return (await post('/upload', body)).status;
    };
    expect(await enrol('Ada.jpg')).toBe(201);
    for (const name of TRAVERSALS) {
      expect([name, await enrol('a.jpg', name)]).toEqual([name, 422]);
      const body = JSON.stringify({ name });
      const renamed = await fetch(`${server.url}/people/Ada`, {
        method: 'PATCH',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([name, renamed.status]).toEqual([name, 422]);
    }
    expect((await fetch(`${server.url}/people/Ada`)).status).toBe(200);
  });

  it('put nothing into headers', async () => {
    for (const name of ['a\r\nX-Evil: 1', 'a\nSet-Cookie: b=c', 'a\u2028b']) {
      const body = new FormData();
      body.append('file', new Blob([new Uint8Array(portrait)]), 'a.jpg');
      body.append('name', name);
      const replies = [
        await post('/upload', body),
        await fetch(`${server.url}/people/${encodeURIComponent(name)}`),
        await fetch(`${server.url}/people/${encodeURIComponent(name)}/examples/1/crop`),
      ];
      for (const { headers } of replies)
        expect([headers.get('x-evil'), headers.get('set-cookie')]).toEqual([null, null]);
    }
  });
});

describe('weaknesses that others have on record', () => {
  it('opens no path and no URL that a client names (DeepFace, double-take /proxy)', async () => {
    const secret = (await readFile(samplePhoto(1))).toString('base64').slice(0, 40);
    for (const image of [
      samplePhoto(1),
      `file://${samplePhoto(1)}`,
      `${server.url}/img/logo.svg`,
      'http://169.254.169.254/',
    ]) {
      const reply = await post('/recognize', JSON.stringify({ image }), { 'content-type': 'application/json' });
      expect([image, reply.status]).toEqual([image, 400]);
      expect(await reply.text()).not.toContain(secret);
    }
    for (const path of ['/proxy?url=http://169.254.169.254/', `/recognize?url=${server.url}`]) {
      expect([404, 405]).toContain((await fetch(server.url + path)).status);
    }
    for (const name of ['url', 'path', 'img', 'img_path', 'file']) {
      const [body, headers] = multipart(field(name, samplePhoto(1)));
      expect(await refusal(await post('/recognize', body, headers))).toEqual([400, 'no_file']);
    }
  });

  it('does not read the form value "false" as anything but text (DeepFace)', async () => {
    for (const name of ['face', 'threshold']) {
      const [body, headers] = multipart(file('a.jpg', 'x'), field(name, 'false'));
      expect(await refusal(await post(name === 'face' ? '/upload' : '/recognize', body, headers))).toEqual([
        400,
        'bad_request',
      ]);
    }
  });

  it('tells no stack and no path of its own in an error (DeepFace)', async () => {
    for (const body of ['{', '{"image":"%"}', '{"image":""}']) {
      const text = await (await post('/recognize', body, { 'content-type': 'application/json' })).text();
      expect(text).not.toMatch(/ at |node_modules|\/src\/|\.ts:/);
    }
  });
});
