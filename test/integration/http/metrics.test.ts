import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onePerson, onePersonAgain } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
});
afterAll(() => server.close());

/** Every series and its value. */
async function figures(): Promise<Map<string, number>> {
  const reply = await fetch(`${server.url}/metrics`);
  expect(reply.headers.get('content-type')).toContain('text/plain');
  const lines = (await reply.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const post = (path: string, photo: Buffer) =>
  fetch(server.url + path, { method: 'POST', body: new Uint8Array(photo), headers: { 'content-type': 'image/jpeg' } });

describe('/metrics', () => {
  it('counts requests, faces, names and times by stage', async () => {
    await post('/upload?name=Ada', await onePerson());
    await post('/recognize', await onePersonAgain());
    await post('/recognize', await readFile(samplePhoto(1)));
    await post('/recognize', Buffer.from('no picture'));
    await post('/detect', await onePerson());
    const now = await figures();
    expect(now.get('rostro_http_requests_total{route="/recognize",method="POST",status="200"}')).toBe(2);
    expect(now.get('rostro_http_requests_total{route="/recognize",method="POST",status="415"}')).toBe(1);
    expect(now.get('rostro_http_request_duration_seconds_count{route="/recognize",method="POST"}')).toBe(3);
    expect(now.get('rostro_photos_total{task="analyse"}')).toBe(2);
    expect(now.get('rostro_faces_total{task="analyse"}')).toBe(4);
    expect(now.get('rostro_faces_total{task="portrait"}')).toBe(1);
    expect(now.get('rostro_faces_named_total')).toBe(1);
    expect(now.get('rostro_faces_unknown_total')).toBe(3);
    const stages = { decode: 4, detect: 4, embed: 3, match: 2, total: 2 };
    for (const [stage, count] of Object.entries(stages)) {
      expect([stage, now.get(`rostro_stage_duration_seconds_count{stage="${stage}"}`)]).toEqual([stage, count]);
      expect(now.get(`rostro_stage_duration_seconds_sum{stage="${stage}"}`)).toBeGreaterThan(0);
    }
  });

  it('tells levels, the build, and the process', async () => {
    const now = await figures();
    expect(now.get('rostro_people')).toBe(1);
    expect(now.get('rostro_examples')).toBe(1);
    expect(now.get('rostro_live_sessions')).toBe(0);
    expect(now.get('rostro_queue_depth')).toBe(0);
    expect(now.get('rostro_worker_restarts_total')).toBe(0);
    const build = [...now.keys()].find((series) => series.startsWith('rostro_build_info'));
    expect(build).toContain(`node="${process.version}"`);
    expect(build).toContain('detector="ssd"');
    expect(now.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
    expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
  });

  it('gets no new series from hundreds of names, paths and methods', async () => {
    const ask = async (i: number) => {
      await fetch(`${server.url}/people/Person%20${i}`);
      await fetch(`${server.url}/people/Person%20${i}/examples/${i}/crop`);
      await fetch(`${server.url}/nowhere/${i}`, { method: i % 2 ? 'PROPFIND' : 'POST' });
    };
    await ask(0);
    await ask(1);
    await fetch(`${server.url}/people`);
    const own = (all: Map<string, number>) => [...all.keys()].filter((series) => series.startsWith('rostro_')).sort();
    const before = own(await figures());
    for (let i = 2; i < 302; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => ask(i + k)));
    const now = await figures();
    expect(own(now)).toEqual(before);
    expect(now.get('rostro_http_requests_total{route="/people/:name",method="GET",status="404"}')).toBeGreaterThan(290);
    expect([...now.keys()].join()).not.toContain('Person');
  });
});
