import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rostro, RostroApiError } from '../../../src/client/index.js';
import { parseRetryAfter } from '../../../src/client/error.js';
import { drops, hangs, refuses, replies, ScriptedServer, type Answer } from './scripted-server.js';

let server: ScriptedServer;
let rostro: Rostro;
beforeAll(async () => {
  server = await ScriptedServer.start();
  rostro = new Rostro({ url: server.url });
});
afterAll(() => server.close());

const photo = new Uint8Array([1, 2, 3]);
const done = replies(200, { enrolled: [] });
const AT_ONCE = { 'retry-after': '0' };
const busy = refuses(503, 'busy', AT_ONCE);
async function* stream() {
  yield await Promise.resolve(photo);
}

/** Every kind of request: reads, changes, what is read once. */
const CALLS = {
  status: () => rostro.status(),
  recognize: () => rostro.recognize(photo),
  detect: () => rostro.detect(photo),
  verify: () => rostro.verify(photo, photo),
  sealedExport: () => rostro.export({ passphrase: 'four words of mine' }),
  enrol: () => rostro.enrol(photo, { name: 'Ada' }),
  rename: () => rostro.people.change('Ada', { name: 'Bea' }),
  delete: () => rostro.people.delete('Ada'),
  merge: () => rostro.people.merge('Ada', 'Bea'),
  import: () => rostro.imports.start(photo),
  login: () => rostro.session.begin('a key'),
  enrolStream: () => rostro.enrol(stream(), { name: 'Ada' }),
  recognizeStream: () => rostro.recognize(stream()),
} satisfies Record<string, () => Promise<unknown>>;
type Call = keyof typeof CALLS;

const READS: readonly Call[] = ['status', 'recognize', 'detect', 'verify', 'sealedExport'];
const CHANGES: readonly Call[] = ['enrol', 'rename', 'delete', 'merge', 'import'];
const ONCE: readonly Call[] = ['login', 'enrolStream', 'recognizeStream'];

/** How many requests it took. */
async function attempts(call: Call, ...answers: Answer[]): Promise<number> {
  server.will(...answers);
  await CALLS[call]().catch((error: unknown) => {
    if (!(error instanceof RostroApiError)) throw error;
  });
  return server.requests.length;
}

describe('what is sent again', () => {
  it.each<[what: string, answer: Answer, reads: number, changes: number]>([
    ['503 busy', busy, 2, 2],
    ['503 not_ready', refuses(503, 'not_ready', AT_ONCE), 2, 2],
    ['503 worker_restarted', refuses(503, 'worker_restarted', AT_ONCE), 2, 2],
    ['503 deadline_exceeded', refuses(503, 'deadline_exceeded', AT_ONCE), 2, 2],
    ['429 too_many_requests', refuses(429, 'too_many_requests', AT_ONCE), 2, 2],
    ['503 database_unreachable', refuses(503, 'database_unreachable', AT_ONCE), 2, 1],
    ['502 of a proxy', (response) => void response.writeHead(502, AT_ONCE).end('<html>'), 2, 1],
    ['503 gallery_locked', refuses(503, 'gallery_locked', AT_ONCE), 1, 1],
    ['503 camera_not_live', refuses(503, 'camera_not_live', AT_ONCE), 1, 1],
    ['422 no_face', refuses(422, 'no_face'), 1, 1],
    ['500 internal', refuses(500, 'internal'), 1, 1],
    ['507 storage_failed', refuses(507, 'storage_failed'), 1, 1],
  ])('after %s', async (_what, answer, reads, changes) => {
    for (const call of READS) expect([call, await attempts(call, answer, done)]).toEqual([call, reads]);
    for (const call of CHANGES) expect([call, await attempts(call, answer, done)]).toEqual([call, changes]);
    for (const call of ONCE) expect([call, await attempts(call, answer, done)]).toEqual([call, 1]);
  });

  it('after a connection that broke: only what keeps nothing', async () => {
    const counts = await Promise.all(READS.slice(0, 1).map((call) => attempts(call, drops, done)));
    for (const call of READS.slice(1)) counts.push(await attempts(call, drops, done));
    for (const call of [...CHANGES, ...ONCE]) counts.push(await attempts(call, drops, done));
    expect(counts).toEqual([...READS.map(() => 2), ...CHANGES.map(() => 1), ...ONCE.map(() => 1)]);
  });

  it('with the same body', async () => {
    server.will(busy, done);
    await rostro.enrol(new Blob(['a photo']), { name: 'Ada', groups: ['a', 'b'] });
    const parts = server.requests.map(({ body }) => body.replace(/-+[\w-]*\d{6,}[\w-]*/g, '--boundary'));
    expect(parts[0]).toBe(parts[1]);
    expect(parts[0]).toMatch(/a photo/);
  });
});

describe('how long it waits', () => {
  it.each([
    ['seconds', { 'retry-after': '1' }],
    ['a date', { 'retry-after': 'Fri, 01 Jan 2027 00:00:01 GMT', date: 'Fri, 01 Jan 2027 00:00:00 GMT' }],
  ])('as the server says in %s, and not less', async (_what, headers) => {
    server.will(refuses(429, 'too_many_requests', headers), done);
    await rostro.status();
    const [first, second] = server.requests.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(999);
  });

  it.each<[value: string | null, date: string | null, seconds: number | null]>([
    ['120', null, 120],
    [' 0 ', null, 0],
    ['Fri, 01 Jan 2027 00:02:00 GMT', 'Fri, 01 Jan 2027 00:00:00 GMT', 120],
    ['Fri, 01 Jan 2027 00:00:00 GMT', 'Fri, 01 Jan 2027 00:02:00 GMT', 0],
    ['soon', null, null],
    ['-1', null, null],
    ['', null, null],
    [null, null, null],
  ])('reads Retry-After %j of %j as %j', (value, date, seconds) => {
    expect(parseRetryAfter(value, date)).toBe(seconds);
  });

  it('not at all where the time of the call does not reach so far: it fails with what the server said', async () => {
    server.will(refuses(503, 'busy', { 'retry-after': '60' }));
    const failure = rostro.status({ timeoutMs: 5000 });
    await expect(failure).rejects.toMatchObject({ code: 'busy', status: 503, retryAfterSeconds: 60 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('how often it tries', () => {
  it('four times, unless it is told otherwise', async () => {
    expect(await attempts('status', busy)).toBe(4);
    server.will(busy);
    await expect(rostro.status({ retries: 0 })).rejects.toMatchObject({ code: 'busy', requestId: 'a-request' });
    expect(server.requests).toHaveLength(1);
    server.will(busy);
    const once = new Rostro({ url: server.url, retries: 1 });
    await expect(once.status()).rejects.toMatchObject({ code: 'busy' });
    expect(server.requests).toHaveLength(2);
  });

  it('as long as a function wants it, and only what is safe', async () => {
    server.will(busy, busy, busy, busy, busy, done);
    const asked: [string, number][] = [];
    const retries = ({ code }: RostroApiError, made: number) => asked.push([code, made]) < 9;
    await rostro.status({ retries });
    expect(asked).toEqual([0, 1, 2, 3, 4].map((made) => ['busy', made]));
    server.will(drops);
    await expect(rostro.people.delete('Ada', { retries })).rejects.toMatchObject({ code: 'unreachable' });
    expect([server.requests.length, asked.length]).toEqual([1, 5]);
  });
});

describe('a call that is ended', () => {
  it('by its caller is rejected with the reason, while it is under way and while it waits', async () => {
    const reason = new Error('changed my mind');
    for (const answer of [hangs, refuses(503, 'busy', { 'retry-after': '30' })]) {
      server.will(answer);
      const stop = new AbortController();
      const call = rostro.status({ signal: stop.signal });
      await expect.poll(() => server.requests.length).toBe(1);
      setTimeout(() => stop.abort(reason), 50);
      await expect(call).rejects.toBe(reason);
    }
    server.will(done);
    await expect(rostro.status({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it('by its time fails with timeout, also when the answer has begun', async () => {
    const begins: Answer = (response) => void response.writeHead(200).write('{"version":');
    for (const answer of [hangs, begins]) {
      server.will(answer);
      await expect(rostro.status({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout', status: 0 });
      expect(server.requests).toHaveLength(1);
    }
  });
});

describe('an answer that is not one of Rostro', () => {
  it.each<[what: string, answer: Answer, message: RegExp]>([
    ['a page', (response) => void response.end('<html>'), /not JSON/],
    ['an error page', (response) => void response.writeHead(404).end('<html>'), /status 404/],
    [
      'a redirect',
      (response) => void response.writeHead(301, { location: 'https://b/' }).end(),
      /redirects to https:\/\/b\//,
    ],
  ])('is told as such: %s', async (_what, answer, message) => {
    server.will(answer);
    await expect(rostro.status()).rejects.toMatchObject({
      code: 'bad_reply',
      message: expect.stringMatching(message) as string,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('is also one that ends too early', async () => {
    server.will((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('PK');
      setTimeout(() => response.destroy(), 20);
    });
    const failure = async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await rostro.export()) chunks.push(chunk);
    };
    await expect(failure()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(rostro.status({ retries: 0 })).rejects.toMatchObject({ code: 'unreachable' });
  });
});

it('wants the address of a server', () => {
  for (const url of [undefined, 'ftp://a', 'localhost']) expect(() => new Rostro({ url })).toThrow(TypeError);
  expect(new Rostro({ url: 'https://a.example:5000/faces//' }).url).toBe('https://a.example:5000/faces');
});

it('says where it cannot reach one', async () => {
  const gone = new Rostro({ url: 'http://127.0.0.1:1', retries: 0 });
  await expect(gone.status()).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/^The server at http:\/\/127\.0\.0\.1:1 cannot be reached: .+\.$/) as string,
  });
});
