import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFile } from '../../../../src/access/key-file.js';
import { createKey } from '../../../helpers/access.js';
import { connectLive, type LiveClient, refusalOf } from '../../../helpers/live-client.js';
import { onePerson } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

const MAX_SESSIONS = 4;
const RATE_LIMIT = 150;
const MAX_STREAMS = 100;
/** A revocation is noticed within this time. */
const AT_ONCE_MS = 3000;

let server: TestServer;
let photo: Buffer;
beforeAll(async () => {
  photo = await onePerson();
  server = await startServer({
    DETECTOR: 'ssd',
    EMBEDDER: 'face-api',
    WORKERS: '1',
    MAX_QUEUE: '8',
    MAX_LIVE_SESSIONS: String(MAX_SESSIONS),
    RATE_LIMIT: String(RATE_LIMIT),
  });
  await createKey(server.dataDir, 'admin');
}, 120_000);
afterAll(() => server.close());

const showing = (key: string) => ({ headers: { 'x-api-key': key } });
const newKey = async (scope: 'recognise' | 'enrol') => (await createKey(server.dataDir, scope)).key;
const send = (key: string, path: string, body: Buffer = photo) =>
  fetch(server.url + path, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'x-api-key': key, 'content-type': 'image/jpeg' },
  });
const within = <T>(promise: Promise<T>, ms = AT_ONCE_MS): Promise<T | 'too late'> =>
  Promise.race([promise, new Promise<'too late'>((resolve) => setTimeout(resolve, ms, 'too late'))]);
/** Resolves when the server ends the reply. */
const endOf = (reply: Response) => reply.body!.pipeTo(new WritableStream()).then(() => 'ended');

describe('one key does not take the places of another', () => {
  it('among the live connections: the key with the most gives one up', async () => {
    const [greedy, other] = [await newKey('recognise'), await newKey('recognise')];
    const many: LiveClient[] = [];
    for (let i = 0; i < MAX_SESSIONS; i++) many.push(await connectLive(server.url, showing(greedy)));
    expect(await refusalOf(`${server.url}/live`, showing(greedy))).toMatchObject({ status: 503, code: 'busy' });
    const one = await connectLive(server.url, showing(other));
    expect(await within(many[0].closed)).toBe(1013);
    expect((await one.see(photo)).faces).toHaveLength(1);
    expect(await refusalOf(`${server.url}/live`, showing(greedy))).toMatchObject({ status: 503, code: 'busy' });
    await Promise.all([...many.slice(1), one].map((client) => client.close()));
  });

  it('among the followed cameras', async () => {
    const [greedy, other] = [await newKey('recognise'), await newKey('recognise')];
    const looksOf = async () => {
      const reply = await send(other, '/recognize?session=the-front-door');
      return ((await reply.json()) as { faces: { looks: number }[] }).faces[0].looks;
    };
    expect(await looksOf()).toBe(1);
    for (let i = 0; i <= MAX_SESSIONS; i++) await send(greedy, `/recognize?session=camera-number-${i}`);
    expect(await looksOf()).toBe(2);
  });

  it('among the streams of events', async () => {
    const [greedy, other] = [await newKey('enrol'), await newKey('enrol')];
    const stop = new AbortController();
    // A reply that is collected as garbage closes its stream.
    const kept: Response[] = [];
    const open = async (key: string) => {
      kept.push(await fetch(`${server.url}/events`, { ...showing(key), signal: stop.signal }));
      return kept.at(-1)!;
    };
    const first = await open(greedy);
    for (let i = 1; i < MAX_STREAMS; i++) expect((await open(greedy)).status).toBe(200);
    expect((await open(greedy)).status).toBe(503);
    expect((await open(other)).status).toBe(200);
    expect(await within(endOf(first))).toBe('ended');
    stop.abort();
  });

  it('in the queue, and recognition does not keep out enrolment', async () => {
    const [greedy, other] = [await newKey('enrol'), await newKey('recognise')];
    const group = await readFile(samplePhoto(1));
    const flood = Array.from({ length: 64 }, () => send(greedy, '/recognize', group));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [named, enrolled] = await Promise.all([send(other, '/recognize'), send(greedy, '/upload?name=Ada')]);
    expect([named.status, enrolled.status]).toEqual([200, 201]);
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });
});

describe('the limit of requests', () => {
  it('counts the frames of live connections', async () => {
    const [greedy, other] = [await newKey('recognise'), await newKey('recognise')];
    const live = await connectLive(server.url, showing(greedy));
    const codes: string[] = [];
    for (let i = 0; i < RATE_LIMIT + 2; i++) {
      live.send(Buffer.from('no photo'));
      const message = await live.next();
      if (message.type === 'error') codes.push(message.error.code);
    }
    expect(codes.indexOf('too_many_requests')).toBe(RATE_LIMIT - 1);
    expect((await send(greedy, '/recognize')).status).toBe(429);
    expect((await send(other, '/recognize')).status).toBe(200);
    await live.close();
  });
});

describe('requests without a key beyond the limit', () => {
  it('do not make the health checks of the same address fail', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < RATE_LIMIT + 2; i++) statuses.push((await fetch(`${server.url}/people`)).status);
    expect(statuses.at(-1)).toBe(429);
    for (const path of ['/healthz', '/readyz']) expect((await fetch(server.url + path)).status).toBe(200);
  });
});

describe('revoking a key', () => {
  it('closes its idle connections and streams at once', async () => {
    const { key, id } = await createKey(server.dataDir, 'enrol');
    const [live, stream] = [
      await connectLive(server.url, showing(key)),
      await fetch(`${server.url}/events`, showing(key)),
    ];
    await new KeyFile(`${server.dataDir}/.state`).revoke(id);
    expect(await within(Promise.all([live.closed, endOf(stream)]))).toEqual([1008, 'ended']);
  });
});
