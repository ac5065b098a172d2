import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';
import { fuzz } from '../../helpers/fuzz/fuzz.js';
import { pictureCorpus } from '../../helpers/fuzz/pictures.js';
import { requestSubjects } from '../../helpers/fuzz/requests.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    WORKERS: '1',
    RATE_LIMIT: '0',
    RATE_LIMIT_CHANGES: '0',
  });
});
afterAll(() => server.close());

it('multipart, JSON and images over HTTP: an answer below 500 or a 503, and the next good request works', async () => {
  const portrait = await sharp(samplePhoto(3))
    .extract({ left: 1020, top: 80, width: 400, height: 460 })
    .jpeg()
    .toBuffer();
  for (const subject of requestSubjects(server.url, await pictureCorpus())) {
    const { inputs, refused } = await fuzz(subject, { runs: 60, seed: 6, longestMs: 20_000 });
    expect(inputs).toBe(60);
    expect(refused).toBeGreaterThan(0);
    const headers = { 'content-type': 'image/jpeg' };
    const reply = await fetch(`${server.url}/detect`, { method: 'POST', body: new Uint8Array(portrait), headers });
    expect(schemas.detection.parse(await reply.json()).faces).toHaveLength(1);
  }
  expect(server.logged.filter((line) => /unexpected/.test(line))).toEqual([]);
});
