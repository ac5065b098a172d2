import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { KeyFile } from '../../../src/access/key-file.js';
import * as schemas from '../../../src/http/schemas.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { createKey } from '../../helpers/access.js';
import { EventClient } from '../../helpers/event-source.js';
import { newEvent } from '../../helpers/new-event.js';
import { failuresIn } from '../../helpers/log.js';
import { hasRtspServer, needsRtspServer, RtspCamera } from '../../helpers/rtsp-camera.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasFfmpeg, makeVideo, needsFfmpeg } from '../../helpers/video.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
const SECRET = 'n0t-t0-be-t0ld';

let folder: string;
let photos: Photos;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-cameras-'));
  photos = await cutPhotos();
});
afterAll(() => rm(folder, { recursive: true }));

async function startWith(cameras: readonly object[], settings: Record<string, string> = {}): Promise<TestServer> {
  const file = join(folder, 'cameras.json');
  await writeFile(file, JSON.stringify({ cameras }));
  const server = await startServer({ ...NETWORKS, CAMERAS_FILE: file, ...settings });
  for (const [name, bytes] of [
    ['Ada', photos.samePerson],
    ['Bea', photos.otherPerson],
  ] as const) {
    await server.core.enrolment.enrol({ bytes, fileName: undefined, name });
  }
  return server;
}

async function cameraOf({ url }: TestServer, id: string): Promise<z.infer<typeof schemas.camera>> {
  return schemas.camera.parse(await (await fetch(`${url}/cameras/${id}`)).json());
}

describe.skipIf(!hasFfmpeg)(`the server's own cameras${needsFfmpeg}`, () => {
  let server: TestServer;
  beforeAll(async () => {
    const video = join(folder, 'door.mp4');
    await makeVideo(video, [
      { photos: [], seconds: 2 },
      { photos: [photos.portrait], seconds: 100 },
    ]);
    const receiver = { id: 'bell', url: 'http://127.0.0.1:1/hook', secret: SECRET.repeat(2), events: ['left'] };
    const [webhooks, data] = [join(folder, 'webhooks.json'), join(folder, 'data')];
    await writeFile(webhooks, JSON.stringify({ webhooks: [receiver] }));
    server = await startWith(
      [
        { id: 'door', name: 'Front door', source: video, fps: 8, graceSeconds: 4 },
        { id: 'gone', source: `rtsp://admin:${SECRET}@127.0.0.1:1/${SECRET}?token=${SECRET}` },
        { id: 'text', source: join(folder, 'cameras.json') },
        { id: 'off', source: video, enabled: false },
      ],
      { ROSTRO_DATA: data, WEBHOOKS_FILE: webhooks },
    );
  });
  afterAll(() => server.close());

  it('show who is there, what they see, and the best sight of a face', async () => {
    const hasAda = (camera: z.infer<typeof schemas.camera>) => camera.present.some(({ person }) => person === 'Ada');
    await expect.poll(async () => hasAda(await cameraOf(server, 'door'))).toBe(true);
    const door = await cameraOf(server, 'door');
    expect(door).toMatchObject({
      name: 'Front door',
      source: 'door.mp4',
      state: 'live',
      error: null,
      reconnects: 0,
      picture: { width: 640, height: 480 },
      snapshot: '/cameras/door/snapshot',
    });
    expect(door.frames.failed).toBe(0);
    const pictureAt = async (path: string) => {
      const reply = await fetch(server.url + path);
      expect([reply.headers.get('content-type'), reply.headers.get('cache-control')]).toEqual([
        'image/jpeg',
        'no-store',
      ]);
      return Buffer.from(await reply.arrayBuffer());
    };
    const snapshot = await pictureAt(door.snapshot!);
    expect(await sharp(snapshot).metadata()).toMatchObject({ width: 640, height: 480, format: 'jpeg' });
    const crop = await pictureAt(door.present[0].crop!);
    const { faces } = await server.core.recognition.recognize(crop);
    expect(faces.map(({ name }) => name)).toEqual(['Ada']);
  });

  it('say why they show nothing, and the others go on', async () => {
    await expect
      .poll(async () => (await cameraOf(server, 'gone')).error?.message)
      .toBe('Nothing listens at this address.');
    await expect.poll(async () => (await cameraOf(server, 'text')).error?.code).toBe('no_video');
    expect(await cameraOf(server, 'off')).toMatchObject({ state: 'off', error: null, snapshot: null });
    const reply = await fetch(`${server.url}/cameras/gone/snapshot`);
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
    expect(schemas.failure.parse(await reply.json()).error.code).toBe('camera_not_live');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect((await cameraOf(server, 'door')).state).toBe('live');
  });

  it('tell nobody their passwords', async () => {
    const told = await Promise.all(
      ['/cameras', '/status', '/metrics', '/openapi.json'].map(async (path) => (await fetch(server.url + path)).text()),
    );
    expect(schemas.cameras.parse(JSON.parse(told[0])).cameras.map(({ source }) => source)).toContain(
      'rtsp://127.0.0.1:1',
    );
    expect([...told, ...server.logged].filter((text) => text.includes(SECRET))).toEqual([]);
    expect(server.logged.some((line) => line.includes('Nothing listens at this address.'))).toBe(true);
  });

  it.each([
    ['/cameras/nobody', 404, 'camera_not_found'],
    ['/cameras/door/tracks/99999/crop', 404, 'track_not_found'],
    ['/cameras/door/tracks/x/crop', 400, 'bad_request'],
    ['/events?type=came', 400, 'bad_request'],
    ['/events?replay=-1', 400, 'bad_request'],
  ])('answer %s with %d %s', async (path, status, code) => {
    const reply = await fetch(server.url + path);
    expect([reply.status, schemas.failure.parse(await reply.json()).error.code]).toEqual([status, code]);
  });

  it('repeat events for who was away, and only what is asked for', async () => {
    const everything = await EventClient.open(`${server.url}/events?replay=10`);
    await expect.poll(() => everything.told).toEqual(['appeared Ada']);
    const [{ id }] = everything.events;
    const since = await EventClient.open(`${server.url}/events?replay=10`, { 'Last-Event-ID': id });
    const left = await EventClient.open(`${server.url}/events?replay=10&type=left`);
    const elsewhere = await EventClient.open(`${server.url}/events?replay=10&camera=gone`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([since.told, left.told, elsewhere.told]).toEqual([[], [], []]);
    for (const client of [everything, since, left, elsewhere]) client.close();
  });

  it('forget the name of somebody who is erased: in kept events, in what they show', async () => {
    const client = await EventClient.open(`${server.url}/events`);
    expect((await fetch(`${server.url}/people/Ada`, { method: 'DELETE' })).status).toBe(200);
    await expect.poll(() => client.told).toEqual(['left ?', 'unknown ?']);
    const kept = await EventClient.open(`${server.url}/events?replay=10`);
    await expect.poll(() => kept.told).toEqual(['appeared ?', 'left ?', 'unknown ?']);
    const wanted = await EventClient.open(`${server.url}/events?replay=1&type=appeared`);
    await expect.poll(() => wanted.told).toEqual(['appeared ?']);
    expect(await (await fetch(`${server.url}/cameras`)).text()).not.toContain('"Ada"');
    for (const one of [client, kept, wanted]) one.close();
  });

  it('tell when the server stops who has left, for those too who are told later, and end their streams', async () => {
    const client = await EventClient.open(`${server.url}/events`);
    let isClosed = false;
    const closed = server.close().then(() => (isClosed = true));
    await client.ended;
    expect(isClosed).toBe(false);
    await closed;
    expect(client.told).toEqual(['left ?']);
    const outbox = join(folder, 'data', '.state', 'outbox', 'webhook-bell');
    const last = await readFile(join(outbox, (await readdir(outbox)).sort().at(-1)!), 'utf8');
    expect(JSON.parse(last)).toMatchObject({ event: client.events[0] });
    expect(failuresIn(server.logged)).toEqual([]);
  });
});

describe.skipIf(!hasFfmpeg || !hasRtspServer)(`an RTSP camera${needsFfmpeg}${needsRtspServer}`, () => {
  let ada: string;
  let bea: string;
  beforeAll(async () => {
    [ada, bea] = [join(folder, 'ada.mp4'), join(folder, 'bea.mp4')];
    await makeVideo(ada, [{ photos: [photos.portrait], seconds: 60 }]);
    await makeVideo(bea, [{ photos: [photos.otherPerson], seconds: 60 }]);
  });

  it.each(['tcp', 'udp'])(
    'over %s that is pulled out and plugged in again loses no event and repeats none',
    async (transport) => {
      const camera = await RtspCamera.create(SECRET);
      onTestFinished(() => camera.pullOut());
      await camera.plugIn(ada);
      const server = await startWith([
        { id: 'door', source: camera.url, transport, fps: 5, graceSeconds: 20, silenceSeconds: 2 },
        { id: 'wrong', source: camera.url.replace(SECRET, 'guessed'), silenceSeconds: 2 },
      ]);
      const client = await EventClient.open(`${server.url}/events?replay=10`);
      await expect.poll(() => client.told).toEqual(['appeared Ada']);
      await expect.poll(async () => (await cameraOf(server, 'wrong')).error?.code).toBe('wrong_password');
      await camera.pullOut();
      await expect.poll(async () => (await cameraOf(server, 'door')).state).toBe('waiting');
      await camera.plugIn(ada);
      await expect.poll(async () => (await cameraOf(server, 'door')).state).toBe('live');
      expect(await cameraOf(server, 'door')).toMatchObject({ reconnects: 1, present: [{ person: 'Ada', track: 1 }] });
      expect(client.told).toEqual(['appeared Ada']);
      await camera.pullOut();
      await camera.plugIn(bea);
      await expect.poll(() => client.told).toEqual(['appeared Ada', 'appeared Bea', 'left Ada']);
      expect(client.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      expect(server.logged.filter((line) => line.includes(SECRET))).toEqual([]);
      client.close();
      await server.close();
    },
  );
});

describe('who may hear events', () => {
  it('is asked again while the stream is open', async () => {
    const server = await startWith([]);
    const { key, id } = await createKey(server.dataDir, 'enrol');
    const headers = { 'x-api-key': key };
    await expect.poll(async () => (await fetch(`${server.url}/cameras`)).status).toBe(401);
    const client = await EventClient.open(`${server.url}/events`, headers);
    server.core.events.publish(newEvent('Ada'));
    await expect.poll(() => client.told).toEqual(['appeared Ada']);
    await new KeyFile(join(server.dataDir, '.state')).revoke(id);
    await expect.poll(async () => (await fetch(`${server.url}/cameras`, { headers })).status).toBe(401);
    server.core.events.publish(newEvent('Ada'));
    await client.ended;
    expect(client.told).toEqual(['appeared Ada']);
    await server.close();
  });
});

describe('a file of cameras that is not usable', () => {
  it.each([
    ['{', /is no JSON\.$/],
    ['{"cameras": [{"id": "Front door", "source": "a.mp4"}]}', /cameras\.0\.id: give 1 to 50 small letters/],
    [`{"cameras": [{"id": "door", "source": "gopher://${SECRET}"}]}`, /cannot be reached by gopher:/],
    [`{"cameras": [{"id": "door", "source": "rtsp://a/b", "password": "${SECRET}"}]}`, /cameras\.0: Unrecognized key/],
    [`{"cameras": [{"id": "a", "source": "b"}, {"id": "a", "source": "c"}]}`, /two cameras "a"/],
  ])('stops the start and keeps what stands in it to itself: %s', async (text, message) => {
    const file = join(folder, 'bad.json');
    await writeFile(file, text);
    const refusal = await startServer({ ...NETWORKS, CAMERAS_FILE: file }).catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ code: 'bad_config', message: expect.stringMatching(message) as string });
    expect((refusal as Error).message).not.toContain(SECRET);
  });

  it('is also one that is not there', async () => {
    await expect(startServer({ ...NETWORKS, CAMERAS_FILE: join(folder, 'none.json') })).rejects.toMatchObject({
      code: 'bad_config',
    });
  });
});
