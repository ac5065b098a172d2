import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rostro, type Photo, type Progress } from '../../../src/client/index.js';
import { replies, ScriptedServer } from './scripted-server.js';

let server: ScriptedServer;
let rostro: Rostro;
let folder: string;
beforeAll(async () => {
  server = await ScriptedServer.start();
  rostro = new Rostro({ url: server.url, retries: 0 });
  folder = await mkdtemp(join(tmpdir(), 'rostro-upload-'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const CHUNK = new Uint8Array(64 * 1024).fill(0x2e);
const reply = replies(200, { enrolled: [{ name: 'Ada' }] });

describe('a stream', () => {
  it.each(['recognize', 'imports'] as const)('leaves as it is made, and is not gathered: %s', async (call) => {
    let received = 0;
    let made = 0;
    server.will((response, request) => {
      request.on('data', (chunk: Buffer) => (received += chunk.length));
      return reply(response, request);
    });
    async function* chunks() {
      for (; made < 200; made++) {
        yield CHUNK;
        // The first bytes are there before the last ones are made.
        if (made === 100) await expect.poll(() => received).toBeGreaterThan(50 * CHUNK.length);
      }
    }
    await (call === 'recognize' ? rostro.recognize(chunks()) : rostro.imports.start(chunks()));
    expect(received).toBeGreaterThanOrEqual(200 * CHUNK.length);
  });

  it('is not asked for more than is taken', async () => {
    let made = 0;
    async function* chunks() {
      for (; made < 10_000; made++) yield await Promise.resolve(CHUNK);
    }
    server.will((_response, request) => void request.pause());
    const stop = new AbortController();
    const call = rostro.imports.start(chunks(), { signal: stop.signal });
    let before = -1;
    await expect.poll(() => (made > 0 && made === before) || ((before = made), false), { interval: 200 }).toBe(true);
    expect(made * CHUNK.length).toBeLessThan(50 * 1024 * 1024);
    stop.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('that fails ends the call with its own failure', async () => {
    const failure = new Error('the disk is gone');
    async function* chunks() {
      yield await Promise.resolve(CHUNK);
      throw failure;
    }
    server.will(reply);
    await expect(rostro.enrol(chunks(), { name: 'Ada' })).rejects.toBe(failure);
  });
});

describe('every kind of photo', () => {
  it('arrives as it is, with what is said of it', async () => {
    const text = 'not really a photo';
    const bytes = new TextEncoder().encode(text);
    const path = join(folder, 'photo.jpg');
    await writeFile(path, bytes);
    const photos: Photo[] = [
      bytes,
      Buffer.from(bytes),
      bytes.buffer,
      new DataView(bytes.buffer),
      new Blob([bytes]),
      new File([bytes], 'Bea.jpg'),
      new Blob([bytes]).stream() as ReadableStream<Uint8Array>,
      createReadStream(path),
      Readable.from([bytes]),
    ];
    for (const photo of photos) {
      server.will(reply);
      await rostro.enrol(photo, { name: 'Ada "the first"\n', face: 0, groups: ['ä'], metadata: { a: [1] } });
      const { body, headers } = server.requests[0];
      const parts = new Response(body, { headers: { 'content-type': headers['content-type']! } });
      const form = await parts.formData();
      expect([form.get('name'), form.get('face'), form.get('group'), form.get('metadata')]).toEqual([
        'Ada "the first"\n'.replace('\n', body.includes('first"\r\n') ? '\r\n' : '\n'),
        ...['0', 'ä', '{"a":[1]}'],
      ]);
      expect(await (form.get('file') as File).text()).toBe(text);
      server.will(reply);
    }
    for (const photo of [bytes, new Blob([bytes], { type: 'image/webp' })]) {
      server.will(reply);
      await rostro.recognize(photo);
      const { body, headers } = server.requests[0];
      expect([body, headers['content-type']]).toEqual([
        text,
        photo instanceof Blob ? 'image/webp' : 'application/octet-stream',
      ]);
    }
  });
});

it('tells how much of an upload has left', async () => {
  server.will(reply);
  const told: Progress[] = [];
  await rostro.enrol(new Blob([CHUNK]), { name: 'Ada', onProgress: (progress) => told.push(progress) });
  const { sent, total } = told.at(-1)!;
  expect(total).toBe(server.requests[0].body.length);
  expect(sent).toBe(total);
  expect(told.map((progress) => progress.sent)).toEqual(
    told.map((progress) => progress.sent).toSorted((a, b) => a - b),
  );
  await rostro.enrol(Readable.from([CHUNK]), { name: 'Ada', onProgress: (progress) => told.push(progress) });
  expect(told.at(-1)!.total).toBeNull();
});
