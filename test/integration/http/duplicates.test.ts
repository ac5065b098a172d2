import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { cutPhotos, type Photos } from '../../helpers/browser/photos.js';
import { startServer, type TestServer } from '../../helpers/server.js';

describe('a picture that shows somebody twice', () => {
  let server: TestServer;
  let photos: Photos;
  /** Beside each other: the photo that is enrolled, and another cut of it. */
  let twice: Buffer;

  beforeAll(async () => {
    photos = await cutPhotos();
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' });
    await server.core.enrolment.enrol({ bytes: photos.samePerson, fileName: undefined, name: 'Ada' });
    const side = { height: 500, width: 500, fit: 'cover' as const };
    const [left, right] = await Promise.all(
      [photos.samePerson, photos.portrait].map((photo) => sharp(photo).resize(side).toBuffer()),
    );
    twice = await sharp({ create: { width: 1100, height: 500, channels: 3, background: 'white' } })
      .composite([
        { input: left, left: 0, top: 0 },
        { input: right, left: 600, top: 0 },
      ])
      .jpeg()
      .toBuffer();
  }, 120_000);
  afterAll(() => server.close());

  async function recognize(query: string, body: BodyInit = new Uint8Array(twice), type = 'image/jpeg') {
    const reply = await fetch(`${server.url}/recognize${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    const faces = schemas.recognition.parse(await reply.json()).faces;
    return faces.toSorted((a, b) => a.box.x - b.box.x);
  }

  it('names the nearer face, and says of the other who it would have been', async () => {
    const faces = await recognize('');
    expect(faces.map(({ name }) => name).toSorted()).toEqual(['Ada', null]);
    const other = faces.find(({ name }) => name === null);
    expect(other).toMatchObject({ taken: 'Ada', nearest: null, distance: null });
  });

  it('names both where that is asked for, in the query or in the body', async () => {
    const json = JSON.stringify({ image: twice.toString('base64'), duplicates: true });
    for (const faces of [await recognize('?duplicates=true'), await recognize('', json, 'application/json')]) {
      expect(faces.map(({ name }) => name)).toEqual(['Ada', 'Ada']);
      expect(faces[0]).not.toHaveProperty('taken');
    }
  });

  it('takes true and false only', async () => {
    const headers = { 'content-type': 'image/jpeg' };
    const request = { method: 'POST', body: new Uint8Array(twice), headers };
    const reply = await fetch(`${server.url}/recognize?duplicates=perhaps`, request);
    expect(reply.status).toBe(400);
    expect(schemas.failure.parse(await reply.json()).error.message).toContain('duplicates');
  });
});
