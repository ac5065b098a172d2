import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../../src/http/schemas.js';
import { failuresIn } from '../../../helpers/log.js';
import { onePerson } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

let server: TestServer;
let photo: Buffer;
let portrait: Buffer;
beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', REQUEST_DEADLINE_MS: '1500' });
  photo = await readFile(samplePhoto(1));
  portrait = await onePerson();
});
afterAll(() => server.close());

const recognize = (signal?: AbortSignal) => recognizeAt(server, signal);
const recognizeAt = ({ url }: TestServer, signal?: AbortSignal) =>
  fetch(`${url}/recognize`, {
    method: 'POST',
    body: new Uint8Array(photo),
    headers: { 'content-type': 'image/jpeg' },
    signal,
  });

/** Photos that wait for a worker, as the pool has them. */
const waiting = () => workersOf(server).waiting.size;

interface Workers {
  readonly waiting: { readonly size: number };
  readonly workers: readonly { readonly pid: number; readonly photos: number }[];
}
const workersOf = ({ core }: TestServer) => (core.pipeline as unknown as { workers: Workers }).workers;

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

describe('a worker that hangs', () => {
  let server: TestServer;
  beforeAll(async () => {
    const settings = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
    // Long enough for a photo on a busy machine.
    server = await startServer({ ...settings, REQUEST_DEADLINE_MS: '6000' });
  });
  afterAll(() => server.close());

  const readiness = async () => {
    const reply = await fetch(`${server.url}/readyz`);
    return reply.status === 200 ? 'ready' : schemas.failure.parse(await reply.json()).error.details.reason;
  };
  /** As a decoder that never returns would. */
  const hang = async () => {
    await expect.poll(readiness, { interval: 50 }).toBe('ready');
    process.kill(workersOf(server).workers[0].pid, 'SIGSTOP');
  };
  const startImport = async (names: readonly string[]) => {
    const body = new FormData();
    // Different bytes, because an import skips a photo that it has seen.
    for (const [i, name] of names.entries()) body.append('file', new Blob([new Uint8Array(portrait), `${i}`]), name);
    const reply = await fetch(`${server.url}/import`, { method: 'POST', body });
    return schemas.importJob.parse(await reply.json()).id;
  };
  const jobOf = async (id: string) => schemas.importJob.parse(await (await fetch(`${server.url}/import/${id}`)).json());

  it('is replaced, and /readyz says so meanwhile', async () => {
    await hang();
    const reply = await recognizeAt(server);
    expect([reply.status, schemas.failure.parse(await reply.json()).error.code]).toEqual([503, 'deadline_exceeded']);
    await expect.poll(readiness, { interval: 5 }).toBe('workers');
    await expect.poll(readiness).toBe('ready');
    await expect.poll(async () => (await recognizeAt(server)).status).toBe(200);
  });

  it('does not stop an import: the photo is refused, the others are enrolled', async () => {
    await hang();
    const id = await startImport(['One.jpg', 'Two.jpg', 'Three.jpg']);
    await expect.poll(async () => (await jobOf(id)).state).toBe('done');
    const { lines } = schemas.importReport.parse(await (await fetch(`${server.url}/import/${id}/report`)).json());
    const refused = lines.filter(({ outcome }) => outcome !== 'enrolled');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(3);
    for (const line of refused) expect(line).toMatchObject({ outcome: 'refused', code: 'deadline_exceeded' });
    expect(refused.every(({ file }) => /^(One|Two|Three)\.jpg$/.test(file!))).toBe(true);
  });

  it('does not keep an import from being deleted', async () => {
    await hang();
    const id = await startImport(['Four.jpg', 'Five.jpg']);
    await expect.poll(() => workersOf(server).workers[0].photos, { interval: 5 }).toBeGreaterThan(0);
    const start = performance.now();
    const reply = await fetch(`${server.url}/import/${id}`, { method: 'DELETE' });
    expect([reply.status, schemas.importJob.parse(await reply.json()).state]).toEqual([200, 'stopped']);
    expect(performance.now() - start).toBeLessThan(1000);
    process.kill(workersOf(server).workers[0].pid, 'SIGKILL');
  });
});
