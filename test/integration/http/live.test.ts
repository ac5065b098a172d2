import type { Request } from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bodyBudget } from '../../../src/http/bodies.js';
import { LiveSockets } from '../../../src/http/live/live-sockets.js';
import { whenReady } from '../../../src/http/readiness.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { keyFolder, policyOf } from '../../helpers/access.js';
import { connectLive, refusalOf, type LiveMessage } from '../../helpers/live-client.js';
import { PublicPath } from '../../../src/http/public-path.js';
import { Refusals } from '../../../src/http/request-log.js';
import type { Services } from '../../../src/http/services.js';
import { Metrics } from '../../../src/shared/prometheus.js';
import { failuresIn, memoryLogger } from '../../helpers/log.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
const MAX_SESSIONS = 3;
/** A face that has a name is embedded so often, after three times in its first frames. */
const LOOK_EVERY_MS = 1000;
const NOT_AN_IMAGE = Buffer.from('not a picture');

let server: TestServer;
let photos: Photos;
beforeAll(async () => {
  photos = await cutPhotos();
  server = await startServer({ ...NETWORKS, MAX_IMAGE_MB: '1', MAX_LIVE_SESSIONS: String(MAX_SESSIONS) });
  await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
}, 120_000);
afterAll(() => server.close());

const connect = (options?: Parameters<typeof connectLive>[1]) => connectLive(server.url, options);
const codeOf = (message: LiveMessage) => (message.type === 'error' ? [message.frame, message.error.code] : message);

describe('frames over /live', () => {
  it('are answered one by one, with names', async () => {
    const client = await connect();
    for (const [i, photo] of [photos.portrait, photos.landscape, photos.group].entries()) {
      const { frame, faces, found } = await client.see(photo);
      expect([frame, found]).toEqual([i + 1, 'detected']);
      expect(faces.map(({ name }) => name).sort()).toEqual([['Ada'], [], ['Ada', null]][i]);
    }
    await client.close();
  });

  it('belong to a face that keeps its number, and is not embedded anew in every frame', async () => {
    const client = await connect();
    const looks: number[] = [];
    let thirdAt = 0;
    for (let i = 0; i < 10; i++) {
      if (i === 2) thirdAt = performance.now();
      const { faces } = await client.see(photos.portrait);
      expect(faces.map(({ track, name }) => [track, name])).toEqual([[1, 'Ada']]);
      looks.push(faces[0].looks);
    }
    expect(looks.slice(0, 3)).toEqual([1, 2, 3]);
    expect(looks.at(-1)).toBeLessThanOrEqual(3 + Math.floor((performance.now() - thirdAt) / LOOK_EVERY_MS));
    await client.close();
  });

  it('are not queued: each is answered, the newest is looked at', async () => {
    const client = await connect();
    for (let i = 0; i < 12; i++) client.send(photos.portrait);
    const answers: LiveMessage[] = [];
    while (answers.length < 12) answers.push(await client.next());
    const framesOf = (type: string) => answers.filter((answer) => answer.type === type).map(({ frame }) => frame!);
    const [seen, dropped] = [framesOf('faces'), framesOf('dropped')];
    expect(seen.at(-1)).toBe(12);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(dropped.length).toBeGreaterThan(0);
    expect([...seen, ...dropped].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    await client.close();
  });

  it('are of one camera a connection', async () => {
    const [one, other] = [await connect(), await connect()];
    const tracksAt = async (client: typeof one) =>
      (await client.see(photos.group)).faces.map(({ track, looks }) => [track, looks]).sort();
    expect(await tracksAt(one)).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await tracksAt(other)).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await tracksAt(one)).toEqual([
      [1, 2],
      [2, 2],
    ]);
    await Promise.all([one.close(), other.close()]);
    await expect.poll(() => server.core.live.count).toBe(0);
  });

  it('are named within the threshold that the client sets, until it takes it back', async () => {
    const client = await connect();
    const [face] = (await client.see(photos.portrait)).faces;
    expect([face.name, face.threshold]).toEqual(['Ada', 0.609]);
    const strict = 0.5 * face.distance!;
    client.send(JSON.stringify({ threshold: strict }));
    expect((await client.see(photos.portrait)).faces[0]).toMatchObject({
      name: null,
      nearest: 'Ada',
      threshold: strict,
    });
    client.send(JSON.stringify({ threshold: null }));
    expect((await client.see(photos.portrait)).faces[0]).toMatchObject({ name: 'Ada', threshold: 0.609 });
    await client.close();
  });
});

describe('what goes wrong on /live', () => {
  it('is told with the number of the frame, and the connection goes on', async () => {
    const client = await connect();
    client.send(NOT_AN_IMAGE);
    expect(codeOf(await client.next())).toEqual([1, 'not_an_image']);
    client.send(photos.portrait.subarray(0, photos.portrait.length / 2));
    expect(codeOf(await client.next())).toEqual([2, 'damaged_image']);
    expect(await client.see(photos.portrait)).toMatchObject({ frame: 3, faces: [{ name: 'Ada', track: 1 }] });
    await client.close();
  });

  it.each(['threshold=1', '[]', '{"threshold": 0}', '{"threshold": 2.1}', '{"threshold": "x"}', '{"limit": 1}'])(
    'is told of a text message %s, and the connection goes on',
    async (text) => {
      const client = await connect();
      client.send(text);
      expect(codeOf(await client.next())).toEqual([null, 'bad_request']);
      expect((await client.see(photos.portrait)).faces[0]).toMatchObject({ name: 'Ada', threshold: 0.609 });
      await client.close();
    },
  );

  it('closes the connection of a text message beyond 4 KB, before it is parsed', { timeout: 20_000 }, async () => {
    for (const size of [4097, 1_000_000]) {
      const client = await connect();
      client.send(`{${' '.repeat(size - 2)}}`);
      expect(codeOf(await client.next())).toEqual([null, 'upload_too_large']);
      expect(await client.closed).toBe(1009);
    }
    const client = await connect();
    client.send(`{${' '.repeat(4096 - 2)}}`);
    expect((await client.see(photos.portrait)).faces).toHaveLength(1);
    await client.close();
  });

  it('closes the connection of a frame that is larger than MAX_IMAGE_MB', async () => {
    const client = await connect();
    client.send(Buffer.alloc(2 ** 20 + 1));
    expect(await client.closed).toBe(1009);
  });

  it('reached the log only where nobody expected it', () => {
    expect(failuresIn(server.logged)).toEqual([]);
  });
});

describe('who may connect to /live', () => {
  it('is a page of this server, and a program', async () => {
    const own: Record<string, string>[] = [{}, { origin: server.url }, { 'sec-fetch-site': 'same-origin' }];
    for (const headers of own) {
      await (await connect({ headers })).close();
    }
  });

  it.each<Record<string, string>>([
    { origin: 'http://elsewhere.test' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('is no page of another site: %j', async (headers) => {
    expect(await refusalOf(`${server.url}/live`, { headers })).toMatchObject({ status: 403, code: 'cross_origin' });
  });

  it.each([
    ['/live/', { status: 404, code: 'route_not_found' }],
    ['/recognize', { status: 405, code: 'method_not_allowed' }],
  ])('is nobody at another path: %s', async (path, refusal) => {
    expect(await refusalOf(server.url + path)).toMatchObject(refusal);
  });

  it('is not one more than MAX_LIVE_SESSIONS, until one leaves', async () => {
    const whenThereIsRoom = () => vi.waitUntil(() => connect().catch(() => null), { timeout: 10_000 });
    const clients = await Promise.all(Array.from({ length: MAX_SESSIONS }, whenThereIsRoom));
    const refusal = await refusalOf(`${server.url}/live`);
    expect(refusal).toEqual({ status: 503, code: 'busy', retryAfter: '1' });
    await clients[0].close();
    await Promise.all([await whenThereIsRoom(), ...clients.slice(1)].map((client) => client.close()));
  });

  it('is nobody while the networks are being loaded', async () => {
    const { file, remove } = await keyFolder();
    const sockets = new LiveSockets({
      services: whenReady<Services>(() => null),
      access: await policyOf(file),
      limits: { maxImageBytes: 1000, deadlineMs: 1000 },
      maxSessions: 1,
      publicPath: new PublicPath('', () => false),
      connections: {
        know: () => undefined,
        addressOf: () => '',
        ipOf: () => '',
        asRequest: (request) => request as Request,
      },
      refusals: new Refusals(memoryLogger(), new Metrics(() => null)),
      bodies: bodyBudget(1000),
      log: memoryLogger(),
    });
    const loading: Server = createServer().on('upgrade', sockets.upgrade);
    await new Promise<void>((resolve) => loading.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(loading.address() as AddressInfo).port}/live`;
    expect(await refusalOf(url)).toEqual({ status: 503, code: 'not_ready', retryAfter: '1' });
    sockets.close();
    loading.close();
    await remove();
  });

  it('is told when the server goes away', async () => {
    const leaving = await startServer(NETWORKS);
    const client = await connectLive(leaving.url);
    await client.see(photos.portrait);
    await leaving.close();
    expect(await client.closed).toBe(1001);
  });
});
