import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overlap } from '../../../public/js/live/boxes.js';
import * as schemas from '../../../src/http/schemas.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../helpers/shared.js';

const NETWORKS = { EMBEDDER: 'face-api', WORKERS: '1' };
const SESSION = 'a-camera_01';
/** A face that has a name is embedded so often, after three times in its first frames. */
const LOOK_EVERY_MS = 1000;

let photos: Photos;
beforeAll(async () => {
  photos = await cutPhotos();
});

function post({ url }: TestServer, photo: Buffer, query: string): Promise<Response> {
  const headers = { 'content-type': 'image/jpeg' };
  return fetch(`${url}/recognize${query}`, { method: 'POST', body: new Uint8Array(photo), headers });
}

async function see(server: TestServer, photo: Buffer, session = SESSION) {
  return schemas.liveRecognition.parse(await (await post(server, photo, `?session=${session}`)).json());
}

describe('POST /recognize with a session', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...NETWORKS, DETECTOR: 'ssd' });
    await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
  }, 120_000);
  afterAll(() => server.close());

  it('knows a face from frame to frame, and embeds it when that is due', async () => {
    const looks: number[] = [];
    let thirdAt = 0;
    for (let i = 0; i < 10; i++) {
      if (i === 2) thirdAt = performance.now();
      const { faces, found } = await see(server, photos.portrait);
      expect([found, faces.length, faces[0].track, faces[0].name]).toEqual(['detected', 1, 1, 'Ada']);
      looks.push(faces[0].looks);
    }
    expect(looks.slice(0, 3)).toEqual([1, 2, 3]);
    expect(looks.at(-1)).toBeLessThanOrEqual(3 + Math.floor((performance.now() - thirdAt) / LOOK_EVERY_MS));
  });

  it('keeps sessions apart from each other, and from pictures without one', async () => {
    expect((await see(server, photos.portrait, 'another-camera')).faces[0].looks).toBe(1);
    expect((await see(server, photos.portrait, 'another-camera')).faces[0].looks).toBe(2);
    expect((await see(server, photos.portrait, 'a-third-camera')).faces[0].looks).toBe(1);
    const alone: unknown = await (await post(server, photos.portrait, '')).json();
    expect(schemas.recognition.parse(alone).faces[0]).not.toHaveProperty('track');
  });

  it('takes the session as a field of the form as well, and a threshold', async () => {
    const body = new FormData();
    body.append('session', 'a-camera-with-forms');
    body.append('threshold', '0.01');
    body.append('file', new Blob([new Uint8Array(photos.portrait)]), 'frame.jpg');
    const reply: unknown = await (await fetch(`${server.url}/recognize`, { method: 'POST', body })).json();
    expect(schemas.liveRecognition.parse(reply).faces[0]).toMatchObject({
      name: null,
      nearest: 'Ada',
      threshold: 0.01,
    });
  });

  it.each(['short', 'x'.repeat(65), 'with a space', 'ünïcode-id', '../../etc/passwd'])(
    'refuses the session "%s"',
    async (session) => {
      const reply = await post(server, photos.portrait, `?session=${encodeURIComponent(session)}`);
      expect(reply.status).toBe(400);
      expect(schemas.failure.parse(await reply.json()).error.code).toBe('bad_request');
    },
  );

  it('goes on after a frame that is no picture', async () => {
    const bad = await post(server, Buffer.from('not a picture'), `?session=${SESSION}`);
    expect([bad.status, schemas.failure.parse(await bad.json()).error.code]).toEqual([415, 'not_an_image']);
    expect((await see(server, photos.portrait)).faces).toHaveLength(1);
  });
});

describe.skipIf(!hasShared)(`following with MTCNN${needsShared}`, () => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rostro-'));
    await symlink(sharedPath('models', 'npy'), join(folder, 'npy'));
    server = await startServer({ ...NETWORKS, DETECTOR: 'mtcnn', ROSTRO_DATA: folder });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('searches the first frame whole, and later ones around the faces only', async () => {
    const first = await see(server, photos.group);
    expect([first.found, first.faces.length]).toEqual(['detected', 2]);
    const found: string[] = [];
    for (let i = 0; i < 8; i++) {
      const next = await see(server, photos.group);
      found.push(next.found);
      expect(next.faces).toHaveLength(2);
      for (const { track, box } of next.faces) {
        expect(overlap(box, first.faces.find((face) => face.track === track)!.box)).toBeGreaterThan(0.7);
      }
    }
    expect(found).toContain('followed');
  });
});
