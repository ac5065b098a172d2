import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unzipped } from '../../helpers/zip.js';
import { newEvent } from '../../helpers/new-event.js';
import { anotherPerson, onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
  await enrol('Ada Lovelace', await onePerson());
  await enrol('Íñigo Jones', await anotherPerson());
}, 120_000);
afterAll(() => server.close());

async function enrol(name: string, photo: Buffer): Promise<void> {
  const body = new FormData();
  body.append('name', name);
  body.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  expect((await fetch(`${server.url}/upload`, { method: 'POST', body })).status).toBe(201);
}

interface Reply {
  readonly encoding: string | undefined;
  readonly vary: string | undefined;
  readonly bytes: Buffer;
}

/** As it is on the wire: `fetch` would decompress. */
function get(path: string, acceptEncoding: string, range?: string): Promise<Reply> {
  const headers = { 'accept-encoding': acceptEncoding, ...(range && { range }) };
  return new Promise((resolve, reject) => {
    request(server.url + path, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { 'content-encoding': encoding, vary } = response.headers;
        resolve({ encoding, vary, bytes: Buffer.concat(chunks) });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('thumbnails', () => {
  it.each([72, 144, 288])('have %i px, as WebP, and show the middle of the crop', async (size) => {
    const { examples } = (await (await fetch(`${server.url}/people/Ada%20Lovelace`)).json()) as {
      examples: { crop: string }[];
    };
    const whole = Buffer.from(await (await fetch(server.url + examples[0].crop)).arrayBuffer());
    const reply = await fetch(`${server.url}${examples[0].crop}?size=${size}`);
    expect(reply.headers.get('content-type')).toBe('image/webp');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const bytes = Buffer.from(await reply.arrayBuffer());
    expect(bytes.length).toBeLessThan(whole.length / 2);
    const { width, height, format } = await sharp(bytes).metadata();
    expect([width, height, format]).toEqual([size, size, 'webp']);
    const side = Math.min(...(await sizeOf(whole)));
    const [left, top] = (await sizeOf(whole)).map((length) => Math.floor((length - side) / 2));
    const middle = sharp(whole).extract({ left, top, width: side, height: side }).resize(16, 16).png();
    expect(await meanDifference(await middle.toBuffer(), bytes)).toBeLessThan(6);
  });

  it.each(['0', '100', '144.0', '1e9', '-72', ''])('are refused with the size "%s"', async (size) => {
    const { people } = (await (await fetch(`${server.url}/people`)).json()) as { people: { thumbnail: string }[] };
    const reply = await fetch(`${server.url}${people[0].thumbnail}?size=${size}`);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { code: 'bad_request' } });
  });
});

async function sizeOf(picture: Buffer): Promise<[number, number]> {
  const { width, height } = await sharp(picture).metadata();
  return [width, height];
}

/** In grey levels, of both pictures at 16 × 16. */
async function meanDifference(a: Buffer, b: Buffer): Promise<number> {
  const [one, other] = await Promise.all(
    [a, b].map((picture) => sharp(picture).resize(16, 16).removeAlpha().toColourspace('srgb').raw().toBuffer()),
  );
  return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0) / one.length;
}

describe('compression', () => {
  it.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ] as const)('with "%s" sends pages, scripts and JSON as %s', async (accepted, encoding, decompress) => {
    for (const path of [
      '/',
      '/css/rostro.css',
      '/js/i18n.js',
      '/vendor/bootstrap/css/bootstrap.min.css',
      '/openapi.json',
    ]) {
      const [packed, plain] = await Promise.all([get(path, accepted), get(path, 'identity')]);
      expect([path, packed.encoding, plain.encoding]).toEqual([path, encoding, undefined]);
      expect(packed.vary).toContain('Accept-Encoding');
      expect(decompress(packed.bytes).equals(plain.bytes)).toBe(true);
      expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2);
    }
  });

  it('leaves pictures, parts of a file and the reply with the CSRF token alone', async () => {
    const { people } = (await (await fetch(`${server.url}/people`)).json()) as { people: { thumbnail: string }[] };
    expect((await get(`${people[0].thumbnail}?size=144`, 'br')).encoding).toBeUndefined();
    expect((await get('/session', 'br')).encoding).toBeUndefined();
    const part = await get('/vendor/bootstrap/css/bootstrap.min.css', 'br', 'bytes=0-4999');
    expect([part.encoding, part.bytes.length]).toEqual([undefined, 5000]);
  });

  it('does not hold back events', async () => {
    const stream = await fetch(`${server.url}/events`, { headers: { 'accept-encoding': 'br, gzip' } });
    expect(stream.headers.get('content-encoding')).toBeNull();
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    server.core.events.publish(newEvent());
    while (!text.includes('data: ')) text += (await reader.read()).value ?? '';
    await reader.cancel();
  });
});

describe('the list of people', () => {
  const list = async (query: string) =>
    (await (await fetch(`${server.url}/people?${query}`)).json()) as {
      people: { name: string }[];
      initials: string[];
    };

  it('has the first letters of names, and filters by one', async () => {
    expect((await list('')).initials).toEqual(['A', 'I']);
    const found = await list('initial=%C3%AD');
    expect([found.people.map(({ name }) => name), found.initials]).toEqual([['Íñigo Jones'], ['A', 'I']]);
  });

  it('shows who was enrolled last first', async () => {
    expect((await list('sort=newest')).people.map(({ name }) => name)).toEqual(['Íñigo Jones', 'Ada Lovelace']);
  });
});

describe('the export of several people', () => {
  const post = (names: readonly string[]) =>
    fetch(`${server.url}/people/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ names }),
    });

  it('has a folder for each, with what the export of one has', async () => {
    const files = await unzipped(Buffer.from(await (await post(['Íñigo Jones', 'Ada Lovelace'])).arrayBuffer()));
    const one = await unzipped(
      Buffer.from(await (await fetch(`${server.url}/people/Ada%20Lovelace/export`)).arrayBuffer()),
    );
    for (const path of one.keys()) expect([...files.keys()]).toContain(`Ada Lovelace/${path}`);
    expect(JSON.parse(String(files.get('Íñigo Jones/person.json')))).toMatchObject({ name: 'Íñigo Jones' });
    expect(files.get('Ada Lovelace/embeddings.npy')!.equals(one.get('embeddings.npy')!)).toBe(true);
  });

  it('is refused if one of them is not enrolled', async () => {
    const reply = await post(['Ada Lovelace', 'Nobody']);
    expect([reply.status, await reply.json()]).toMatchObject([404, { error: { code: 'person_not_found' } }]);
  });
});
