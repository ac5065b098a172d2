import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { samplePhoto } from '../../helpers/shared.js';

/** One face, about 170 pixels wide and 230 high. */
let portrait: Buffer;
/** The same at a width of 60 pixels. */
let tiny: Buffer;
/** The same turned clockwise by 25 degrees. */
let leaning: Buffer;

beforeAll(async () => {
  portrait = await sharp(samplePhoto(3)).extract({ left: 1020, top: 80, width: 400, height: 460 }).jpeg().toBuffer();
  tiny = await sharp(portrait).resize(60).png().toBuffer();
  leaning = await sharp(portrait).rotate(25, { background: '#808080' }).png().toBuffer();
});

async function upload(server: TestServer, name: string, photo: Buffer, headers: Record<string, string> = {}) {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(photo)]), name);
  return fetch(`${server.url}/upload`, { method: 'POST', body, headers });
}

async function enrolled(reply: Response) {
  expect(reply.ok).toBe(true);
  return schemas.upload.parse(await reply.json()).enrolled[0];
}

async function examples(server: TestServer, name: string) {
  const reply = await fetch(`${server.url}/people/${name}`);
  return reply.status === 404 ? [] : schemas.person.parse(await reply.json()).examples;
}

describe('the quality of an example', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  }, 120_000);
  afterAll(() => server.close());

  it('is measured, told and kept', async () => {
    const { box, quality, warnings, example } = await enrolled(await upload(server, 'Ada.jpg', portrait));
    expect(warnings).toEqual([]);
    expect(Math.abs(quality.facePx - Math.min(box.width, box.height))).toBeLessThanOrEqual(1);
    expect(quality.brightness).toBeGreaterThan(0.2);
    expect(quality.brightness).toBeLessThan(0.8);
    expect(quality.pose).not.toBeNull();
    expect(quality.score).toBe(Math.min(...Object.values(quality.parts!)));
    expect(quality.score).toBeGreaterThan(0.5);
    expect(Math.abs(quality.pose!.roll)).toBeLessThan(30);
    expect(await examples(server, 'Ada')).toMatchObject([{ id: example, quality }]);
  });

  it('is remarked upon where it is poor, and the photo taken all the same', async () => {
    const upright = await enrolled(await upload(server, 'Ada.jpg', portrait));
    const { quality, warnings } = await enrolled(await upload(server, 'Leaning.png', leaning));
    expect(warnings).toContainEqual({ code: 'leaning', message: 'The head leans far to the side.' });
    expect(Math.abs(quality.pose!.roll - upright.quality.pose!.roll - 25)).toBeLessThan(5);
    expect(await examples(server, 'Leaning')).toHaveLength(1);
  });

  it('is told in words to a browser without JavaScript', async () => {
    const reply = await upload(server, 'Page.png', leaning, { accept: 'text/html', 'accept-language': 'es' });
    expect(reply.status).toBe(201);
    expect(await reply.text()).toContain('La cabeza está muy inclinada');
  });

  it('keeps a tiny face out, and says what would do', async () => {
    const reply = await upload(server, 'Tiny.png', tiny);
    expect(reply.status).toBe(422);
    const { error } = schemas.failure.parse(await reply.json());
    expect(error.code).toBe('face_too_small');
    expect(error.message).toMatch(/^The face is only \d\d pixels across; an example needs at least 40\.$/);
    const { minFacePx, quality } = error.details as { minFacePx: number; quality: { facePx: number } };
    expect(minFacePx).toBe(40);
    expect(quality.facePx).toBeLessThan(40);
    expect(await examples(server, 'Tiny')).toEqual([]);
  });

  it('lets the same tiny face be recognised', async () => {
    await enrolled(await upload(server, 'Ada.jpg', portrait));
    const body = new FormData();
    body.append('file', new Blob([new Uint8Array(tiny)]), 'frame.png');
    const reply = await fetch(`${server.url}/recognize`, { method: 'POST', body });
    expect(schemas.recognition.parse(await reply.json()).faces.map(({ name }) => name)).toEqual(['Ada']);
  });
});

describe('a gate that is set otherwise', () => {
  it('warns, or asks for more, or keeps silent', async () => {
    const base = { DETECTOR: 'ssd', EMBEDDER: 'face-api' };
    const outcomes = [];
    for (const settings of [
      { QUALITY_GATE: 'warn' },
      { QUALITY_GATE: 'off' },
      { MIN_FACE_PX: '0' },
      { MIN_FACE_PX: '500' },
    ]) {
      const server = await startServer({ ...base, ...settings });
      const reply = await upload(server, 'Tiny.png', settings.MIN_FACE_PX === '500' ? portrait : tiny);
      const body = (await reply.json()) as { enrolled?: { warnings: { code: string }[] }[]; error?: { code: string } };
      const codes = body.enrolled?.[0].warnings.map(({ code }) => code);
      outcomes.push([reply.status, codes?.includes('face_too_small') ?? body.error?.code]);
      await server.close();
    }
    expect(outcomes).toEqual([
      [201, true],
      [201, false],
      [201, false],
      [422, 'face_too_small'],
    ]);
  }, 120_000);
});

describe('an example that is older than the measurement', () => {
  it('is read as it is, without a quality', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'rostro-'));
    const first = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir });
    await enrolled(await upload(first, 'Ada.jpg', portrait));
    await first.close();
    const record = join(dataDir, 'embeddings', 'Ada.json');
    const sidecar = JSON.parse(await readFile(record, 'utf8')) as { examples: { details: { quality?: object } }[] };
    expect(sidecar.examples[0].details.quality).toMatchObject({ contrast: expect.any(Number) as number });
    delete sidecar.examples[0].details.quality;
    await writeFile(record, JSON.stringify(sidecar));
    const second = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', ROSTRO_DATA: dataDir });
    const [example] = await examples(second, 'Ada');
    await second.close();
    await rm(dataDir, { recursive: true, force: true });
    expect(example).toMatchObject({ quality: null });
    expect(example.confidence).toBeGreaterThan(0.5);
  }, 120_000);
});
