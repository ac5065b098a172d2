import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../../src/http/schemas.js';
import { failuresIn } from '../../../helpers/log.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

let server: TestServer;
let photo: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', REQUEST_DEADLINE_MS: '1500' });
  photo = await readFile(samplePhoto(1));
});
afterAll(() => server.close());

const recognize = (signal?: AbortSignal) =>
  fetch(`${server.url}/recognize`, {
    method: 'POST',
    body: new Uint8Array(photo),
    headers: { 'content-type': 'image/jpeg' },
    signal,
  });

/** Photos that wait for a worker, as the pool has them. */
const waiting = () => (server.core.pipeline as unknown as { workers: { waiting: Set<unknown> } }).workers.waiting.size;

describe('a request', () => {
  it('is answered 503 with Retry-After when its time is over, and leaves the line', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => recognize()));
    const late = replies.filter(({ status }) => status !== 200);
    expect(late.length).toBeGreaterThan(0);
    for (const reply of late) {
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
      expect(schemas.failure.parse(await reply.json()).error).toMatchObject({
        code: 'deadline_exceeded',
        message: 'The server could not answer within 1.5 s; try again later.',
      });
    }
    expect(waiting()).toBe(0);
    await expect.poll(async () => (await recognize()).status).toBe(200);
  });

  it('whose client has gone leaves the line at once', async () => {
    const gone = new AbortController();
    const sent = Promise.allSettled(Array.from({ length: 20 }, () => recognize(gone.signal)));
    await expect.poll(waiting, { interval: 5 }).toBeGreaterThan(5);
    gone.abort();
    await sent;
    await expect.poll(waiting, { interval: 5, timeout: 300 }).toBe(0);
    expect(failuresIn(server.logged)).toEqual([]);
  });

  it('that is given up enrols nobody afterwards', async () => {
    const body = () => {
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(photo)]), 'Ada.jpg');
      form.append('face', '0');
      return form;
    };
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${server.url}/upload`, { method: 'POST', body: body() })),
    );
    const enrolled = replies.filter(({ status }) => status === 201).length;
    expect(enrolled).toBeLessThan(40);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { people } = schemas.people.parse(await (await fetch(`${server.url}/people`)).json());
    expect(people.map(({ examples }) => examples)).toEqual(enrolled === 0 ? [] : [enrolled]);
  });
});
