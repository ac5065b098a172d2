import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

let server: TestServer;
let photo: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  photo = await onePerson();
});
afterAll(() => server.close());

async function post(path: string, body: Buffer | string, headers: Record<string, string> = {}) {
  const reply = await fetch(server.url + path, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Record<string, unknown> };
}

/** How many faces `/detect` finds, or the code of its error. */
async function found(body: Buffer | string, headers: Record<string, string> = {}): Promise<number | string> {
  const reply = await post('/detect', body, headers);
  if (reply.status === 200) return schemas.detection.parse(reply.body).faces.length;
  return schemas.failure.parse(reply.body).error.code;
}

describe('a photo as the whole body', () => {
  it.each([
    ['curl --data-binary', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no content type', {}],
    ['text', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['JSON', { 'content-type': 'application/json' }],
    ['a made-up type', { 'content-type': 'binary/octet-stream' }],
    ['a picture', { 'content-type': 'image/jpg' }],
  ])('is read by its first bytes: sent as %s', async (_, headers: Record<string, string>) => {
    expect(await found(photo, headers)).toBe(1);
  });

  it('may be JSON of any content type, and a data URL', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const base64 = photo.toString('base64');
    expect(await found(JSON.stringify({ image: base64 }), type)).toBe(1);
    expect(await found(` \n${JSON.stringify({ image: base64 })}`)).toBe(1);
    expect(await found(`data:image/jpeg;base64,${base64}`, type)).toBe(1);
  });

  it('is refused as before if it is neither', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await found('name=Ada', type)).toBe('no_file');
    expect(await found('', type)).toBe('no_file');
    expect(await found('{"image"', type)).toBe('bad_request');
    expect(await found('hello', { 'content-type': 'image/jpeg' })).toBe('not_an_image');
    expect(await found('data:image/jpeg;base64,!')).toBe('bad_request');
  });
});

describe('a photo in JSON', () => {
  it.each<[string, (bytes: Buffer) => string]>([
    ['base64', (bytes) => bytes.toString('base64')],
    ['base64 in lines', (bytes) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n')],
    ['base64 without padding', (bytes) => bytes.toString('base64').replace(/=+$/, '')],
    ['base64url', (bytes) => bytes.toString('base64url')],
    ['base64url with padding', (bytes) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')],
    ['a data URL', (bytes) => `data:image/jpeg;base64,${bytes.toString('base64')}`],
    ['with parameters', (bytes) => `data:image/jpeg;charset=utf-8;name=a.jpg;base64,${bytes.toString('base64')}`],
    ['without a type', (bytes) => `data:;base64,${bytes.toString('base64')}`],
    ['in capitals, with spaces', (bytes) => `DATA:image/jpeg; BASE64, ${bytes.toString('base64')}`],
    ['base64url in a data URL', (bytes) => `data:image/jpeg;base64,${bytes.toString('base64url')}`],
    ['percent-encoded', (bytes) => `data:image/jpeg;base64,${encodeURIComponent(bytes.toString('base64'))}`],
  ])('may be %s', async (_, encoded) => {
    // One, two and no characters of padding.
    for (const end of [0, 1, 2]) {
      const padded = Buffer.concat([photo, Buffer.alloc(end)]);
      expect(await found(JSON.stringify({ image: encoded(padded) }), { 'content-type': 'application/json' })).toBe(1);
    }
  });

  it.each(['data:image/jpeg,abc', '***', 'data:image/jpeg;base64,'])('is not %s', async (image) => {
    expect(await found(JSON.stringify({ image }), { 'content-type': 'application/json' })).toBe('bad_request');
  });
});

describe('a part of a form', () => {
  const type = { 'content-type': 'multipart/form-data; boundary=b' };
  const part = (head: string, content: Buffer | string) =>
    Buffer.concat([Buffer.from(`--b\r\n${head}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
  const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from('--b--\r\n')]);
  const text = (name: string, value: string) => part(`Content-Disposition: form-data; name="${name}"`, value);

  it.each([
    ['an image type', 'Content-Disposition: form-data; name="photo"\r\nContent-Type: image/jpeg'],
    ['an image type first', 'Content-Type: image/jpeg\r\nContent-Disposition: form-data; name=anything'],
    ['bytes', 'Content-Disposition: form-data; name="file"\r\nContent-Type: application/octet-stream'],
    ['nothing', 'Content-Disposition: form-data; name="file"'],
    ['text', 'Content-Disposition: form-data; name="file"\r\nContent-Type: text/plain'],
  ])('is a photo without a file name, with %s', async (_, head) => {
    expect(await found(form(part(head, photo)), type)).toBe(1);
    expect(await found(form(text('threshold', '1'), part(head, photo), text('name', 'BMX')), type)).toBe(1);
    const dataUrl = `data:image/jpeg;base64,${photo.toString('base64')}`;
    expect(await found(form(part(head, dataUrl)), type)).toBe(1);
  });

  it('is found however the body is cut into packets', async () => {
    const body = form(
      text('a', ''),
      part('Content-Disposition: form-data; name="f"\r\nContent-Type: image/png', photo),
    );
    for (const size of [1, 7, 61]) {
      const start = body.subarray(0, 400);
      const pieces = Array.from({ length: Math.ceil(start.length / size) }, (_, i) =>
        start.subarray(i * size, (i + 1) * size),
      );
      const reply = await fetch(`${server.url}/detect`, {
        method: 'POST',
        headers: type,
        body: new ReadableStream<Uint8Array>({
          async start(controller) {
            for (const piece of [...pieces, body.subarray(400)]) {
              controller.enqueue(new Uint8Array(piece));
              await new Promise(setImmediate);
            }
            controller.close();
          },
        }),
        duplex: 'half',
      } as RequestInit);
      expect([size, reply.status]).toEqual([size, 200]);
    }
  });

  it('stays a text that begins like a BMP', async () => {
    const name = 'BMcolm with a name longer than a header';
    const reply = await post(
      '/upload',
      form(text('name', name), part('Content-Disposition: form-data; name="f"', photo)),
      type,
    );
    expect([reply.status, reply.body]).toMatchObject([201, { enrolled: [{ name, file: null }] }]);
  });

  it('needs a name to be enrolled', async () => {
    const reply = await post('/upload', form(part('Content-Disposition: form-data; name="f"', photo)), type);
    expect([reply.status, reply.body]).toMatchObject([422, { error: { code: 'bad_name' } }]);
  });

  it('may be one of 64 groups', async () => {
    const groups = Array.from({ length: 64 }, (_, i) => `group ${i}`);
    const file = part('Content-Disposition: form-data; name="file"; filename="x.jpg"', await onePersonAgain());
    const fields = [text('name', 'Grace'), text('id', 'G-1'), ...groups.map((group) => text('group', group))];
    expect((await post('/upload', form(...fields, file), type)).status).toBe(201);
    expect(server.core.gallery.person('Grace').groups).toHaveLength(64);
    expect(await found(form(...Array.from({ length: 200 }, () => text('a', 'b')), file), type)).toBe('bad_request');
  });

  it('is found without the boundary in the header', async () => {
    const body = form(part('Content-Disposition: form-data; name="file"; filename="x.jpg"', photo));
    for (const header of ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=;']) {
      expect([header, await found(body, { 'content-type': header })]).toEqual([header, 1]);
    }
  });

  it.each(['multipart/form-data; boundary=', 'multipart/form-data; boundary=;', 'multipart/mixed; boundary='])(
    'is not there without a boundary: %s',
    async (header) => {
      expect(await found(Buffer.from('abc'), { 'content-type': header })).toMatch(/^(?:bad_request|no_file)$/);
      const reply = await fetch(`${server.url}/import`, {
        method: 'POST',
        body: 'abc',
        headers: { 'content-type': header },
      });
      expect(reply.status).toBe(400);
    },
  );
});

describe('another method', () => {
  it.each([
    ['GET', '/recognize', 'POST'],
    ['GET', '/upload', 'POST'],
    ['PUT', '/people/Ada', 'GET, HEAD, PATCH, DELETE'],
    ['PUT', '/people/merge', 'POST, GET, HEAD, PATCH, DELETE'],
    ['POST', '/status', 'GET, HEAD'],
    ['PUT', '/session/', 'GET, HEAD, POST, DELETE'],
  ])('%s %s is answered with those that there are', async (method, path, allowed) => {
    const reply = await fetch(server.url + path, { method });
    const { error } = schemas.failure.parse(await reply.json());
    expect([reply.status, error.code]).toEqual([405, 'method_not_allowed']);
    expect(reply.headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort());
    expect(error.message).toContain(`not ${method}`);
  });

  it('has CompreFace’s form on its paths', async () => {
    const reply = await fetch(`${server.url}/api/v1/recognition/recognize`);
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await reply.json()).toMatchObject({ code: 0 });
  });
});

describe('HTTP as old programs speak it', () => {
  const say = (text: string, ...more: Buffer[]) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      let said = '';
      socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1'))).on('error', reject);
      socket.on('close', () => resolve(said)).write(text);
      for (const one of more) socket.write(one);
    });

  it('works in version 1.0, without a host', async () => {
    expect(await say('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    const head = `POST /detect HTTP/1.0\r\nContent-Type: image/jpeg\r\nContent-Length: ${photo.length}\r\n\r\n`;
    expect(await say(head, photo)).toMatch(/^HTTP\/1\.1 200 [^]*"confidence"/);
  });

  it('works with Expect, and in chunks', async () => {
    const common = 'Host: localhost\r\nConnection: close\r\nContent-Type: image/jpeg\r\n';
    const expecting = `POST /detect HTTP/1.1\r\n${common}Expect: 100-continue\r\nContent-Length: ${photo.length}\r\n\r\n`;
    expect(await say(expecting, photo)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    const chunk = Buffer.concat([Buffer.from(`${photo.length.toString(16)}\r\n`), photo, Buffer.from('\r\n0\r\n\r\n')]);
    expect(await say(`POST /detect HTTP/1.1\r\n${common}Transfer-Encoding: chunked\r\n\r\n`, chunk)).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  it('takes a slash at the end of a route', async () => {
    expect((await fetch(`${server.url}/healthz/`)).status).toBe(200);
    expect(await post('/detect/', photo)).toMatchObject({ status: 200 });
  });

  it('is served on IPv6', async () => {
    const six = await startServer({ HOST: '::1', DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
    try {
      const { port } = new URL(six.url);
      expect((await fetch(`http://[::1]:${port}/people`)).status).toBe(200);
    } finally {
      await six.close();
    }
  });
});
