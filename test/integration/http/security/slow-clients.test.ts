import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { failuresIn } from '../../../helpers/log.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

const SLOW = 500;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    HEADERS_TIMEOUT_MS: '2000',
    BODY_TIMEOUT_MS: '4000',
  });
});
afterAll(() => server.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Slow {
  readonly socket: Socket;
  /** All that the server sent until it closed the connection. */
  readonly said: Promise<string>;
}

/** Sends the beginning of a request and then nothing, or a byte now and then. */
async function slow(start: string, drip?: string): Promise<Slow> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  const said = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  if (start !== '') socket.write(start);
  if (drip !== undefined) {
    const timer = setInterval(() => socket.write(drip), 100);
    socket.once('close', () => clearInterval(timer));
  }
  return { socket, said };
}

describe('clients that are slow on purpose', () => {
  it(`${SLOW} at once take nothing from the others, and are closed when their time is over`, async () => {
    const kinds: [string, string?][] = [
      [''],
      ['GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: '],
      ['GET /healthz HTTP/1.1\r\nHost: localhost\r\n', 'X-A: b\r\n'],
      [
        'POST /recognize HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n',
        'x',
      ],
      [
        'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n',
        '1\r\nx\r\n',
      ],
    ];
    const clients = await Promise.all(Array.from({ length: SLOW }, (_, i) => slow(...kinds[i % kinds.length])));
    const photo = await readFile(samplePhoto(1));
    const answers = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        await pause(200 * i);
        const health = await fetch(`${server.url}/healthz`);
        const reply = await fetch(`${server.url}/detect`, {
          method: 'POST',
          body: new Uint8Array(photo),
          headers: { 'content-type': 'image/jpeg' },
        });
        const { faces } = (await reply.json()) as { faces: unknown[] };
        return [health.status, reply.status, faces.length];
      }),
    );
    expect(answers).toEqual(Array(10).fill([200, 200, 3]));
    const said = await Promise.all(clients.map((client) => client.said));
    for (let kind = 1; kind < kinds.length; kind++) expect(said[kind]).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  }, 60_000);
});

describe('a client that goes away', () => {
  it('amid its upload leaves nothing in the log, which is for what nobody expected', async () => {
    const head =
      'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n';
    const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc';
    for (const start of [head, head + part]) {
      const { socket } = await slow(start);
      await pause(100);
      socket.destroy();
    }
    await pause(200);
    expect(failuresIn(server.logged)).toEqual([]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
