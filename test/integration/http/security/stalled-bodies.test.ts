import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onePerson } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

const LIMIT_MS = 1000;

let server: TestServer;
let photo: Buffer;
beforeAll(async () => {
  const networks = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
  server = await startServer({ ...networks, BODY_TIMEOUT_MS: String(LIMIT_MS) });
  photo = await onePerson();
});
afterAll(() => server.close());

interface Sent {
  readonly said: string;
  readonly ms: number;
}

/** Sends a photo in pieces with a pause before each; stops after `stallAt` pieces. */
function sendSlowly(pieces: number, pauseMs: number, stallAt = Infinity): Promise<Sent> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const start = performance.now();
  const head = `POST /detect HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: image/jpeg\r\nContent-Length: ${photo.length}\r\n\r\n`;
  socket.write(head);
  const size = Math.ceil(photo.length / pieces);
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < stallAt) socket.write(photo.subarray(sent * size, (sent + 1) * size));
    if (++sent >= pieces) clearInterval(timer);
  }, pauseMs);
  return new Promise((resolve) => {
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1'))).on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve({ said, ms: performance.now() - start });
    });
  });
}

describe('the body of a request', () => {
  it('may come slowly, for longer than the limit', async () => {
    const { said, ms } = await sendSlowly(12, LIMIT_MS / 4);
    expect(said).toMatch(/^HTTP\/1\.1 200 /);
    expect(ms).toBeGreaterThan(2 * LIMIT_MS);
  });

  it('must not stall, at the start or amid it', async () => {
    for (const stallAt of [0, 5]) {
      const { said, ms } = await sendSlowly(1000, 20, stallAt);
      expect(said).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(ms).toBeGreaterThan(LIMIT_MS);
    }
  });

  it('must not come byte by byte', async () => {
    const { said } = await sendSlowly(photo.length, 10);
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('an idle connection', () => {
  it('is kept for 75 seconds, or as set', async () => {
    expect((await fetch(`${server.url}/healthz`)).headers.get('keep-alive')).toBe('timeout=75');
    const other = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', KEEP_ALIVE_TIMEOUT_MS: '5000' });
    try {
      expect((await fetch(`${other.url}/healthz`)).headers.get('keep-alive')).toBe('timeout=5');
    } finally {
      await other.close();
    }
  });
});
