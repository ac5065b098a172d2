import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../../helpers/access.js';
import { connectLive } from '../../../helpers/live-client.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

const MB = 2 ** 20;
const MAX_REQUEST_MB = 12;
const UPLOADS = 12;
const PHOTO_MB = 1.9;
/**
 * One and a half requests may be in memory for one key, see `bodyBudget`. As much again for requests that were refused at
 * the same moment, and a second copy of the photo that each request completes. Without a budget it would be 137 MB.
 */
const MOST_OF_ONE_KEY = (2 * 1.5 * (MAX_REQUEST_MB + 1) + UPLOADS * PHOTO_MB) * MB;

let server: TestServer;
let key: string;
let otherKey: string;
beforeAll(async () => {
  server = await startServer({
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    WORKERS: '1',
    MAX_IMAGE_MB: '2',
    MAX_REQUEST_MB: String(MAX_REQUEST_MB),
  });
  ({ key } = await createKey(server.dataDir, 'enrol'));
  ({ key: otherKey } = await createKey(server.dataDir, 'recognise'));
});
afterAll(() => server.close());

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();
function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

interface Unfinished {
  readonly request: ClientRequest;
  /** Status, code and Retry-After; null while there is no reply. */
  answer: [number, string, string | undefined] | null;
}

/** Sends a body but for its end. */
function unfinished(path: string, type: string, body: readonly Buffer[], apiKey = key): Unfinished {
  const headers = { 'content-type': type, 'x-api-key': apiKey, 'transfer-encoding': 'chunked' };
  const request = httpRequest(server.url + path, { method: 'POST', headers, agent: false });
  const client: Unfinished = { request, answer: null };
  request.on('error', () => undefined);
  request.on('response', (reply: IncomingMessage) => {
    let said = '';
    reply.on('data', (chunk: Buffer) => (said += chunk.toString()));
    reply.on('end', () => {
      const { error } = JSON.parse(said) as { error: { code: string } };
      client.answer = [reply.statusCode ?? 0, error.code, reply.headers['retry-after']];
    });
  });
  for (const part of body) request.write(part);
  return client;
}

const photo = Buffer.alloc(PHOTO_MB * MB, 'x');
const partHead = Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n');
/** 11.4 MB. */
const FILES = Array.from({ length: 6 }, () => [partHead, photo, Buffer.from('\r\n')]).flat();
const base64 = [Buffer.from('{"image": "'), Buffer.alloc(2.4 * MB, 'A')];

describe('bodies that never end', () => {
  it.each<[string, string, string, readonly Buffer[], number]>([
    ['photos in a form', '/upload', 'multipart/form-data; boundary=b', FILES, 1],
    ['raw photos', '/recognize', 'image/jpeg', [photo], 6],
    ['photos in JSON', '/recognize', 'application/json', base64, 6],
  ])('%s: take a part of the memory only, for a time, and give it back', async (_, path, type, body, times) => {
    const before = heldBytes();
    const clients = Array.from({ length: UPLOADS * times }, () => unfinished(path, type, body));
    let most = 0;
    await expect
      .poll(
        () => {
          most = Math.max(most, heldBytes() - before);
          return clients.filter(({ answer }) => answer !== null).length;
        },
        { timeout: 30_000, interval: 250 },
      )
      .toBeGreaterThanOrEqual(times * UPLOADS * 0.5);
    expect(most).toBeLessThan(MOST_OF_ONE_KEY);
    for (const { answer } of clients) expect(answer ?? [503, 'busy', '5']).toEqual([503, 'busy', '5']);
    const health = await fetch(`${server.url}/recognize`, {
      method: 'POST',
      body: new Uint8Array(photo),
      headers: { 'content-type': 'image/jpeg', 'x-api-key': otherKey },
    });
    expect(health.status).toBe(415);
    for (const { request } of clients) request.destroy();
    await expect.poll(() => heldBytes() - before, { timeout: 15_000 }).toBeLessThan(4 * MB);
  });
});

it('frames over /live that never end are within the budget too', async () => {
  const url = `${server.url.replace('http', 'ws')}/live`;
  const sockets: WebSocket[] = [];
  const closed: number[] = [];
  for (let i = 0; i < UPLOADS; i++) {
    const socket = new WebSocket(url, { headers: { 'x-api-key': key } });
    sockets.push(socket);
    socket.on('error', () => undefined).on('close', (code: number) => closed.push(code));
    await once(socket, 'open');
    socket.send(photo, { fin: false });
  }
  await expect.poll(() => closed, { timeout: 10_000 }).toContain(1013);
  expect(closed.length).toBeLessThan(UPLOADS / 2);
  for (const socket of sockets) socket.terminate();
  const client = await connectLive(server.url, { headers: { 'x-api-key': key } });
  client.send(photo);
  expect(await client.next()).toMatchObject({ frame: 1, error: { code: 'not_an_image' } });
  await client.close();
});
