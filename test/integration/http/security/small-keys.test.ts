import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as native from '../../../../src/http/schemas.js';
import * as compreFace from '../../../../src/plugins/compreface/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { CompreFaceClient, parts } from '../../../helpers/compreface-requests.js';
import { connectLive } from '../../../helpers/live-client.js';
import { anotherPerson, onePerson, onePersonAgain } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

const DIMENSION = 128;
const PER_REQUEST = 20;

let server: TestServer;
let one: Buffer;
let again: Buffer;
let stranger: Buffer;
const keys = {} as Record<'recognise' | 'enrol', string>;
let small: CompreFaceClient;
let larger: CompreFaceClient;
let image: string;

beforeAll(async () => {
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', RATE_LIMIT_CHANGES: '0' });
  [one, again, stranger] = await Promise.all([onePerson(), onePersonAgain(), anotherPerson()]);
  for (const scope of ['recognise', 'enrol'] as const) keys[scope] = (await createKey(server.dataDir, scope)).key;
  small = new CompreFaceClient(server.url, keys.recognise);
  larger = new CompreFaceClient(server.url, keys.enrol);
  const added = parts({ file: one });
  image = (await larger.asks(compreFace.namedImage, 'POST', '/recognition/faces?subject=Ada', added)).image_id;
  await larger.asks(compreFace.namedImage, 'POST', '/recognition/faces?subject=Alan', parts({ file: one }));
}, 120_000);
afterAll(() => server.close());

async function namesOf(key: string, photo: Buffer, query = '') {
  const headers = { 'x-api-key': key, 'content-type': 'image/jpeg' };
  const reply = await fetch(`${server.url}/recognize${query}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(photo),
  });
  return (await reply.json()) as z.infer<typeof native.recognition>;
}

const nobody = { name: null, nearest: null, distance: null, runnerUp: null, margin: null, falseMatchRate: null };
const decimalsOf = (value: number | null) => /\.(\d*)$/.exec(String(value))?.[1].length ?? 0;

/** Distances to the origin and to the unit vectors give every value of an enrolled embedding. */
async function readOut(client: CompreFaceClient): Promise<number[] | null> {
  const probes = Array.from({ length: DIMENSION + 1 }, (_, at) =>
    Array.from({ length: DIMENSION }, (_value, i) => Number(i === at - 1)),
  );
  const squares: number[] = [];
  for (let i = 0; i < probes.length; i += PER_REQUEST) {
    const body = { embeddings: probes.slice(i, i + PER_REQUEST) };
    const reply = await client.send('POST', '/recognition/embeddings/recognize', body);
    if (reply.status !== 200) return null;
    const { result } = compreFace.recognizedEmbeddings.parse(reply.body);
    squares.push(...result.map(({ similarities: [{ distance }] }) => distance ** 2));
  }
  return squares.slice(1).map((square) => (squares[0] + 1 - square) / 2);
}

describe('a key of the scope "recognise"', () => {
  it('cannot read out an enrolled embedding with chosen vectors; a key of "enrol" can', async () => {
    const photo = await larger.asks(
      compreFace.recognizedFaces,
      'POST',
      '/recognition/recognize?face_plugins=calculator',
      parts({ file: one }),
    );
    const read = await readOut(larger);
    const errors = photo.result[0].embedding!.map((value, i) => Math.abs(value - read![i]));
    expect(Math.max(...errors)).toBeLessThan(1e-5);
    expect(await readOut(small)).toBeNull();
    const zero = new Array<number>(DIMENSION).fill(0);
    await small.isRefused(403, 0, 'POST', '/recognition/embeddings/recognize?prediction_count=10', {
      embeddings: [zero],
    });
    await small.isRefused(403, 0, 'POST', '/verification/embeddings/verify', { source: zero, targets: [zero] });
  });

  it('gets distances with three decimals, and nothing of people beyond the threshold', async () => {
    const [known] = (await namesOf(keys.recognise, again)).faces;
    const [exact] = (await namesOf(keys.enrol, again)).faces;
    expect(decimalsOf(exact.distance)).toBeGreaterThan(3);
    expect(known).toMatchObject({ name: 'Ada', nearest: 'Ada', runnerUp: { name: 'Alan' }, margin: 0 });
    expect(known.distance).toBe(Number(exact.distance!.toFixed(3)));
    expect((await namesOf(keys.recognise, stranger)).faces).toMatchObject([nobody]);
    expect((await namesOf(keys.recognise, stranger, '?session=the-front-door')).faces).toMatchObject([nobody]);
    expect((await namesOf(keys.enrol, stranger)).faces).toMatchObject([{ name: null, nearest: 'Ada' }]);
  });

  it('cannot raise the threshold above the one of the server, nor measure with thresholds of more decimals', async () => {
    const [face] = (await namesOf(keys.recognise, stranger, '?threshold=2')).faces;
    expect(face).toMatchObject({ ...nobody, threshold: 0.583 });
    const [exact] = (await namesOf(keys.enrol, again)).faces;
    const distance = exact.distance!;
    const below = Number(distance.toFixed(3)) - 0.001;
    const answers = await Promise.all(
      [below, below + 0.0001, below + 0.0004].map((threshold) =>
        namesOf(keys.recognise, again, `?threshold=${threshold}`),
      ),
    );
    expect(answers.map(({ faces }) => faces[0].name)).toEqual([null, null, null]);
    expect(answers.map(({ faces }) => faces[0].threshold)).toEqual([1, 1, 1].map(() => Number(below.toFixed(3))));
  });

  it('sees as little over the WebSocket', async () => {
    const live = await connectLive(server.url, { headers: { 'x-api-key': keys.recognise } });
    live.send('{"threshold": 2}');
    expect((await live.see(stranger)).faces).toMatchObject([{ ...nobody, threshold: 0.583 }]);
    for (let frame = 0; frame < 3; frame++) {
      const { faces } = await live.see(again);
      for (const { distance } of faces) expect(decimalsOf(distance)).toBeLessThanOrEqual(3);
    }
    await live.close();
  });

  it('sees as little over the API of CompreFace', async () => {
    const file = (photo: Buffer) => parts({ file: photo });
    const search = '/recognition/recognize?prediction_count=10';
    const named = await small.asks(compreFace.recognizedFaces, 'POST', search, file(again));
    const [{ subjects }] = named.result;
    expect(subjects.map(({ subject }) => subject)).toEqual(['Ada', 'Alan']);
    for (const { distance } of subjects) expect(decimalsOf(distance)).toBeLessThanOrEqual(3);
    const unknown = await small.asks(compreFace.recognizedFaces, 'POST', search, file(stranger));
    expect(unknown.result).toMatchObject([{ name: null, subjects: [] }]);
    const verify = `/recognition/faces/${image}/verify`;
    const far = await small.asks(compreFace.verifiedFaces, 'POST', verify, file(stranger));
    expect(far.result).toMatchObject([{ subject: null, similarity: 0, distance: null, false_match_rate: null }]);
    const near = await small.asks(compreFace.verifiedFaces, 'POST', verify, file(again));
    expect(near.result[0].subject).toBe('Ada');
    expect(decimalsOf(near.result[0].distance)).toBeLessThanOrEqual(3);
  });

  it('compares two photos with three decimals', async () => {
    const photos = new FormData();
    for (const photo of [one, again]) photos.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
    const headers = { 'x-api-key': keys.recognise };
    const reply = await fetch(`${server.url}/verify`, { method: 'POST', headers, body: photos });
    const { same, distance } = native.verification.parse(await reply.json());
    expect([same, decimalsOf(distance)]).toEqual([true, 3]);
    const pair = parts({ source_image: one, target_image: again });
    const { result } = await small.asks(compreFace.comparedPhotos, 'POST', '/verification/verify', pair);
    expect(result[0].face_matches[0].distance).toBe(distance);
  });
});
