import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Region } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../../src/http/schemas.js';
import { readFloatMatrix } from '../../../src/shared/npy.js';
import { heicStart, hollowPng } from '../../helpers/pictures.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

/** The embedded default (SSD and the face-api descriptor), which is there after every install. */
let server: TestServer;
/** A photo with one face, another cut of the same, someone else's, one with both faces, one without any. */
let portrait: Buffer;
let samePerson: Buffer;
let otherPerson: Buffer;
let group: Buffer;
let landscape: Buffer;

beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  portrait = await cut(3, { left: 1020, top: 80, width: 400, height: 460 });
  samePerson = await sharp(await cut(3, { left: 1000, top: 60, width: 420, height: 520 }))
    .resize({ width: 500 })
    .jpeg({ quality: 80 })
    .toBuffer();
  otherPerson = await cut(6, { left: 200, top: 320, width: 420, height: 500 });
  const side = { height: 500, fit: 'inside' as const };
  const [left, right] = await Promise.all([portrait, otherPerson].map((photo) => sharp(photo).resize(side).toBuffer()));
  const { width } = await sharp(left).metadata();
  group = await sharp(left)
    .extend({ right: 600, background: 'white' })
    .composite([{ input: right, left: width, top: 0 }])
    .jpeg()
    .toBuffer();
  landscape = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#69c' } })
    .jpeg()
    .toBuffer();
}, 120_000);

afterAll(() => server.close());

/** One person cut out of a sample photo; all of them show groups. */
function cut(sample: 3 | 6, region: Region): Promise<Buffer> {
  return sharp(samplePhoto(sample)).extract(region).jpeg({ quality: 95 }).toBuffer();
}

function form(...files: (readonly [name: string, bytes: Buffer])[]): FormData {
  const body = new FormData();
  for (const [name, bytes] of files) body.append('file', new Blob([new Uint8Array(bytes)]), name);
  return body;
}

async function call(
  method: string,
  path: string,
  body?: FormData | Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = {},
) {
  const reply = await fetch(server.url + path, { method, body, headers });
  const json: unknown = reply.headers.get('content-type')?.includes('json') ? await reply.json() : await reply.text();
  return { status: reply.status, json, headers: reply.headers };
}

/** Sends a request and holds status and body against what is promised. */
async function expectReply<T>(schema: z.ZodType<T>, status: number, ...request: Parameters<typeof call>): Promise<T> {
  const reply = await call(...request);
  expect({ status: reply.status, json: reply.json }).toMatchObject({ status });
  return schema.parse(reply.json);
}

async function expectError(status: number, code: string, ...request: Parameters<typeof call>) {
  const reply = await call(...request);
  expect({ status: reply.status, json: reply.json }).toMatchObject({ status, json: { error: { code } } });
  const { error, requestId } = schemas.failure.parse(reply.json);
  expect(reply.headers.get('x-request-id')).toBe(requestId);
  return error;
}

describe('before anyone is enrolled', () => {
  it('answers /healthz and /readyz', async () => {
    await expectReply(schemas.health, 200, 'GET', '/healthz');
    const ready = await expectReply(schemas.readiness, 200, 'GET', '/readyz');
    expect(ready).toMatchObject({ people: 0, model: { detector: 'ssd', embedder: 'face-api', provider: 'cpu' } });
  });

  it('recognises nobody: a 200 with name null', async () => {
    const { faces } = await expectReply(schemas.recognition, 200, 'POST', '/recognize', form(['frame.jpg', portrait]));
    expect(faces).toHaveLength(1);
    expect(faces[0]).toMatchObject({ name: null, nearest: null, distance: null, runnerUp: null, threshold: 0.609 });
  });
});

describe('the walk', () => {
  it('enrols a photo named after the person', async () => {
    const { enrolled, rejected } = await expectReply(
      schemas.upload,
      201,
      'POST',
      '/upload',
      form(['Ada Lovelace.jpg', portrait]),
    );
    expect(rejected).toEqual([]);
    expect(enrolled[0]).toMatchObject({ file: 'Ada Lovelace.jpg', name: 'Ada Lovelace' });
    expect(enrolled[0].confidence).toBeGreaterThan(0.5);
    expect(enrolled[0].crop).toMatch(/^uploads\/Ada Lovelace\/[^/]+\.jpg$/);
    const crop = await sharp(join(server.dataDir, enrolled[0].crop)).metadata();
    expect(crop.format).toBe('jpeg');
    const matrix = readFloatMatrix(await readFile(join(server.dataDir, enrolled[0].embedding)));
    expect([matrix.rows, matrix.columns]).toEqual([1, 128]);
  });

  it('names the person in another picture, and says where', async () => {
    const { faces, image } = await expectReply(
      schemas.recognition,
      200,
      'POST',
      '/recognize',
      form(['x.jpg', samePerson]),
    );
    expect(image.width).toBe(500);
    expect(faces).toHaveLength(1);
    expect(faces[0]).toMatchObject({ name: 'Ada Lovelace', nearest: 'Ada Lovelace' });
    expect(faces[0].distance).toBeLessThan(0.3);
    expect(faces[0].box.x).toBeGreaterThan(-50);
    expect(faces[0].box.x + faces[0].box.width).toBeLessThan(550);
  });

  it('does not name a stranger', async () => {
    const { faces } = await expectReply(schemas.recognition, 200, 'POST', '/recognize', form(['x.jpg', otherPerson]));
    expect(faces[0]).toMatchObject({ name: null, nearest: 'Ada Lovelace' });
    expect(faces[0].distance).toBeGreaterThan(0.6);
  });

  it('takes a raw body, a data URL and base64 alike', async () => {
    const raw = await call('POST', '/recognize', new Uint8Array(samePerson), { 'content-type': 'image/jpeg' });
    const octets = await call('POST', '/recognize', new Uint8Array(samePerson), {
      'content-type': 'application/octet-stream',
    });
    const json = { 'content-type': 'application/json' };
    const base64 = samePerson.toString('base64');
    const plain = await call('POST', '/recognize', JSON.stringify({ image: base64 }), json);
    const url = await call('POST', '/recognize', JSON.stringify({ image: `data:image/jpeg;base64,${base64}` }), json);
    const answers = [raw, octets, plain, url].map(({ json: reply }) => schemas.recognition.parse(reply).faces);
    expect(answers[0][0].name).toBe('Ada Lovelace');
    for (const faces of answers.slice(1)) expect(faces).toEqual(answers[0]);
  });

  it('adds a second photo as an example, a field "name" overrides the file name', async () => {
    const body = form(['whatever.jpg', samePerson]);
    body.append('name', 'Ada Lovelace');
    await expectReply(schemas.upload, 201, 'POST', '/upload', body);
    const person = await expectReply(schemas.person, 200, 'GET', '/people/Ada%20Lovelace');
    expect(person.examples).toHaveLength(2);
    const crop = await fetch(`${server.url}${person.examples[1].crop}`);
    expect(crop.headers.get('content-type')).toBe('image/jpeg');
    expect(crop.headers.get('cache-control')).toBe('no-store');
    expect((await sharp(await crop.arrayBuffer()).metadata()).format).toBe('jpeg');
  });

  it('keeps Unicode names in NFC', async () => {
    const { enrolled } = await expectReply(
      schemas.upload,
      201,
      'POST',
      '/upload',
      form(['Núria Ñandú 李.jpg', otherPerson]),
    );
    expect(enrolled[0].name).toBe('Núria Ñandú 李');
    const { people, total } = await expectReply(schemas.people, 200, 'GET', '/people?search=nuria');
    expect([total, people[0].name]).toEqual([1, 'Núria Ñandú 李']);
  });

  it('lists what was rejected beside what was enrolled', async () => {
    const { enrolled, rejected } = await expectReply(
      schemas.upload,
      201,
      'POST',
      '/upload',
      form(['Grace.jpg', otherPerson], ['Empty.jpg', Buffer.alloc(0)], ['Sky.jpg', landscape], ['Two.jpg', group]),
    );
    expect(enrolled.map(({ name }) => name)).toEqual(['Grace']);
    expect(rejected.map(({ file, error }) => [file, error.code])).toEqual([
      ['Empty.jpg', 'not_an_image'],
      ['Sky.jpg', 'no_face'],
      ['Two.jpg', 'several_faces'],
    ]);
    expect(rejected[2].error.details.faces).toHaveLength(2);
  });

  it('finds without naming on /detect', async () => {
    const { faces } = await expectReply(schemas.detection, 200, 'POST', '/detect', form(['g.jpg', group]));
    expect(faces).toHaveLength(2);
    expect(faces[0].landmarks).toHaveLength(5);
    const empty = await expectReply(schemas.detection, 200, 'POST', '/detect', form(['s.jpg', landscape]));
    expect(empty.faces).toEqual([]);
  });

  it('compares two photos on /verify', async () => {
    const same = await expectReply(
      schemas.verification,
      200,
      'POST',
      '/verify',
      form(['a', portrait], ['b', samePerson]),
    );
    expect(same).toMatchObject({ same: true, threshold: expect.any(Number) as number });
    const other = await expectReply(
      schemas.verification,
      200,
      'POST',
      '/verify',
      form(['a', portrait], ['b', otherPerson]),
    );
    expect(other.same).toBe(false);
    expect(other.distance).toBeGreaterThan(same.distance);
  });

  it('moves the threshold for one request', async () => {
    const strict = await expectReply(
      schemas.recognition,
      200,
      'POST',
      '/recognize?threshold=0.001',
      form(['x.jpg', samePerson]),
    );
    expect(strict.faces[0]).toMatchObject({ name: 'Ada Lovelace', threshold: 0.001 });
  });

  it('renames, deletes an example, deletes a person, and they are gone', async () => {
    const renamed = await expectReply(
      schemas.person,
      200,
      'PATCH',
      '/people/Ada%20Lovelace',
      JSON.stringify({ name: 'Augusta King' }),
      { 'content-type': 'application/json' },
    );
    expect(renamed.examples).toHaveLength(2);
    await expectError(404, 'person_not_found', 'GET', '/people/Ada%20Lovelace');
    const example = renamed.examples[0].id;
    await expectReply(schemas.deletedExample, 200, 'DELETE', `/people/Augusta%20King/examples/${example}`);
    await expectError(404, 'example_not_found', 'DELETE', `/people/Augusta%20King/examples/${example}`);
    const { deleted } = await expectReply(schemas.deletedPerson, 200, 'DELETE', '/people/Augusta%20King');
    expect(deleted).toMatchObject({ name: 'Augusta King', examples: 1 });
    const { faces } = await expectReply(schemas.recognition, 200, 'POST', '/recognize', form(['x.jpg', samePerson]));
    expect(faces[0].name).toBeNull();
  });

  const isNoLock = (path: string) => !path.endsWith('.rostro-lock');

  it('knows the people again after a restart', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
    for (const folder of ['embeddings', 'uploads']) {
      await cp(join(server.dataDir, folder), join(dataDir, folder), { recursive: true, filter: isNoLock });
    }
    const second = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir });
    try {
      const reply = await fetch(`${second.url}/recognize`, { method: 'POST', body: form(['x.jpg', otherPerson]) });
      const { faces } = schemas.recognition.parse(await reply.json());
      expect(['Grace', 'Núria Ñandú 李']).toContain(faces[0].name);
      expect(faces[0].distance).toBeLessThan(0.01);
    } finally {
      await second.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe('bad input', () => {
  const upload = (name: string, bytes: Buffer) => ['POST', '/upload', form([name, bytes])] as const;

  it('no file', async () => {
    await expectError(400, 'no_file', 'POST', '/upload', new FormData());
    await expectError(400, 'no_file', 'POST', '/recognize');
    await expectError(400, 'no_file', 'POST', '/recognize', '{}', { 'content-type': 'application/json' });
  });

  const bad: [string, number, string, () => Promise<Buffer> | Buffer][] = [
    ['0 bytes', 415, 'not_an_image', () => Buffer.alloc(0)],
    ['text named .jpg', 415, 'not_an_image', () => Buffer.from('not a picture at all')],
    ['a truncated JPEG', 422, 'damaged_image', () => portrait.subarray(0, portrait.length / 2)],
    ['a 30,000×30,000 PNG', 413, 'image_too_large', () => hollowPng(30_000, 30_000)],
    ['a PNG of one column', 413, 'image_too_large', () => hollowPng(1, 49_999_999)],
    ['the start of an SVG, again and again', 415, 'not_an_image', () => Buffer.from('<!---->'.repeat(146) + 'x')],
    ['the start of a HEIC', 422, 'damaged_image', heicStart],
    ['over 20 MB', 413, 'upload_too_large', () => Buffer.alloc(20 * 1024 * 1024 + 1)],
  ];
  it.each(bad)('%s: %i %s on every route, and the next request works', async (_, status, code, bytes) => {
    const photo = await bytes();
    await expectError(status, code, ...upload('Ada.jpg', photo));
    await expectError(status, code, 'POST', '/recognize', form(['Ada.jpg', photo]));
    if (photo.length > 0) {
      await expectError(status, code, 'POST', '/recognize', new Uint8Array(photo), { 'content-type': 'image/jpeg' });
    }
    await expectReply(schemas.detection, 200, 'POST', '/detect', form(['ok.jpg', landscape]));
  });

  const odd: [string, () => Promise<Buffer>][] = [
    ['CMYK', () => sharp(portrait).toColourspace('cmyk').jpeg().toBuffer()],
    ['grey', () => sharp(portrait).toColourspace('b-w').jpeg().toBuffer()],
    ['with alpha', () => sharp(portrait).ensureAlpha(0.99).resize(400).png().toBuffer()],
    ['16 bits', () => sharp(portrait).resize(400).toColourspace('rgb16').png().toBuffer()],
    [
      'animated WebP',
      () =>
        sharp([portrait, portrait], { join: { animated: true } })
          .webp()
          .toBuffer(),
    ],
    ['lying on its side', () => sharp(portrait).rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer()],
  ];
  it.each(odd)('%s: the same single face as in the plain photo', async (_, bytes) => {
    const body = form(['a', portrait], ['b', await bytes()]);
    const { distance, faces } = await expectReply(schemas.verification, 200, 'POST', '/verify', body);
    expect(faces.map(({ facesFound }) => facesFound)).toEqual([1, 1]);
    expect(distance).toBeLessThan(0.6);
  });

  it('no face, several faces: the boxes found come with the answer', async () => {
    const none = await expectError(422, 'no_face', ...upload('Sky.jpg', landscape));
    expect(none.details.image).toEqual({ width: 300, height: 200 });
    const several = await expectError(422, 'several_faces', ...upload('Two.jpg', group));
    expect(several.details.faces).toHaveLength(2);
    expect(several.message).toContain('2 faces');
  });

  it.each([
    'IMG_2031.jpg',
    '2021.jpg',
    'WhatsApp Image 2024-01-05 at 10.20.30.jpeg',
    'Screenshot 1.png',
    'staff.jpg',
    'blob',
  ])('asks for the name of the person on %s', async (fileName) => {
    const { message } = await expectError(422, 'unclear_name', ...upload(fileName, portrait));
    expect(message).toMatch(/, not a person's name\. Give the name of the person with the photo\.$/);
  });

  it.each(['../../etc/passwd.jpg', 'a\\b.jpg', '..jpg', `${'x'.repeat(101)}.jpg`, 'tab\there.jpg'])(
    'the name %j',
    async (name) => {
      await expectError(422, 'bad_name', ...upload(name, portrait));
    },
  );

  it('a name that looks like markup is just a strange name', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const { enrolled } = await expectReply(schemas.upload, 201, ...upload(`${name}.jpg`, portrait));
    expect(enrolled[0].name).toBe(name);
    await expectReply(schemas.deletedPerson, 200, 'DELETE', `/people/${encodeURIComponent(name)}`);
  });

  it('several rejected photos: one error that lists them', async () => {
    const body = form(['Sky.jpg', landscape], ['Empty.jpg', Buffer.alloc(0)]);
    const { details } = await expectError(422, 'nothing_enrolled', 'POST', '/upload', body);
    expect(details.rejected).toMatchObject([
      { file: 'Sky.jpg', error: { code: 'no_face' } },
      { file: 'Empty.jpg', error: { code: 'not_an_image' } },
    ]);
  });

  it('too many files', async () => {
    const files = Array.from({ length: 21 }, (_, i) => [`${i}.jpg`, Buffer.from('x')] as const);
    await expectError(413, 'too_many_files', 'POST', '/upload', form(...files));
    await expectError(413, 'too_many_files', 'POST', '/recognize', form(['a', portrait], ['b', portrait]));
  });

  it('malformed bodies and parameters', async () => {
    const json = { 'content-type': 'application/json' };
    await expectError(400, 'bad_request', 'POST', '/recognize', '{"image":', json);
    await expectError(400, 'bad_request', 'POST', '/recognize', '{"image":"%%%"}', json);
    await expectError(400, 'bad_request', 'POST', '/recognize?threshold=x', form(['a', landscape]));
    await expectError(400, 'bad_request', 'POST', '/verify', form(['a', portrait]));
    await expectError(400, 'bad_request', 'GET', '/people?page=0');
    await expectError(400, 'bad_request', 'GET', '/people/%E0%A4%A');
    const cut = { 'content-type': 'multipart/form-data; boundary=b' };
    const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc';
    await expectError(400, 'bad_request', 'POST', '/upload', part, cut);
    await expectError(400, 'bad_request', 'POST', '/upload', 'x', { 'content-type': 'multipart/form-data' });
  });

  it('unknown people and routes', async () => {
    await expectError(404, 'person_not_found', 'GET', '/people/Nobody');
    await expectError(404, 'person_not_found', 'DELETE', '/people/Nobody');
    await expectError(404, 'person_not_found', 'GET', '/people/Nobody/examples/1/crop');
    await expectError(422, 'bad_name', 'GET', '/people/..%2F..%2Fetc');
    await expectError(405, 'method_not_allowed', 'PUT', '/people');
    await expectError(404, 'route_not_found', 'GET', '/model/README.md');
  });

  it('nothing of it is an error in the log, which is for what nobody expected', () => {
    const levels = server.logged.map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels).toContain('info');
    expect(levels).not.toContain('error');
  });
});

describe('while frames are in flight', () => {
  it('/healthz answers', async () => {
    const frames = Array.from({ length: 6 }, () => call('POST', '/recognize', form(['f.jpg', portrait])));
    let answered = 0;
    const inFlight = new Set(frames);
    for (const frame of frames) void frame.then(() => inFlight.delete(frame));
    while (inFlight.size > 0) {
      await expectReply(schemas.health, 200, 'GET', '/healthz');
      answered++;
    }
    const done = Promise.all(frames);
    expect((await done).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(answered).toBeGreaterThan(20);
  });
});

describe('the page', () => {
  it('is served', async () => {
    const { status, json } = await call('GET', '/');
    expect(status).toBe(200);
    expect(json).toContain('<form');
  });
});
