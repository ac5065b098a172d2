import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', MAX_QUEUE: '2' });
});
afterAll(() => server.close());

it('answers 503 with Retry-After when too many photos wait, and the next request works', async () => {
  const body = await readFile(samplePhoto(1));
  const recognize = () =>
    fetch(`${server.url}/recognize`, { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } });
  const replies = await Promise.all(Array.from({ length: 20 }, recognize));
  const refused = replies.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(18);
  for (const reply of refused) {
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
    expect(schemas.failure.parse(await reply.json()).error.code).toBe('busy');
  }
  const next = await recognize();
  expect(schemas.recognition.parse(await next.json()).faces).toHaveLength(3);
});
