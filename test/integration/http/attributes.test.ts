import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rostro } from '../../../src/client/index.js';
import { EXPRESSIONS } from '../../../src/faces/attributes/attributes.js';
import * as schemas from '../../../src/http/schemas.js';
import { onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const NETWORKS = { DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1' };
const ALL = ['age', 'gender', 'expression', 'pose'] as const;

let portrait: Buffer;
beforeAll(async () => {
  portrait = await onePerson();
});

function form(photos: number, fields: Record<string, string> = {}): FormData {
  const body = new FormData();
  for (let i = 0; i < photos; i++) body.append('file', new Blob([new Uint8Array(portrait)]), `${i}.jpg`);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return body;
}

describe('attributes of faces', () => {
  let server: TestServer;
  let rostro: Rostro;
  beforeAll(async () => {
    server = await startServer(NETWORKS);
    rostro = new Rostro({ url: server.url });
  });
  afterAll(() => server.close());

  const send = (path: string, body: FormData) => fetch(`${server.url}${path}`, { method: 'POST', body });

  it('are not in an answer that did not ask for them', async () => {
    for (const path of ['/detect', '/recognize']) {
      const { faces } = (await (await send(path, form(1))).json()) as { faces: object[] };
      expect(faces).toHaveLength(1);
      expect(faces[0]).not.toHaveProperty('attributes');
    }
  });

  it('are the same in /detect, /recognize and /verify, and fit the schema', async () => {
    const { faces } = schemas.detection.parse(await rostro.detect(portrait, { attributes: ALL }));
    const attributes = faces[0].attributes!;
    expect(Object.keys(attributes).sort()).toEqual([...ALL].sort());
    expect(attributes.age).toBeGreaterThan(10);
    expect(attributes.age).toBeLessThan(90);
    const sum = EXPRESSIONS.reduce((total, name) => total + attributes.expression!.probabilities[name], 0);
    expect(sum).toBeCloseTo(1, 4);

    const named = schemas.recognition.parse(await rostro.recognize(portrait, { attributes: ALL }));
    expect(named.faces[0].attributes).toEqual(attributes);
    const verified = schemas.verification.parse(await rostro.verify(portrait, portrait, { attributes: ALL }));
    expect(verified.faces.map((face) => face.attributes)).toEqual([attributes, attributes]);
  });

  it('are asked for one by one, in the query or as a field of the form', async () => {
    for (const response of [
      await send('/detect?attributes=age,%20pose', form(1)),
      await send('/detect', form(1, { attributes: 'age,pose' })),
    ]) {
      const { faces } = schemas.detection.parse(await response.json());
      expect(Object.keys(faces[0].attributes!)).toEqual(['age', 'pose']);
    }
  });

  it.each(['beard', 'age,', 'AGE', 'age,mask'])('"%s" is refused with the list of names', async (attributes) => {
    for (const [path, photos] of [
      ['/detect', 1],
      ['/recognize', 1],
      ['/verify', 2],
    ] as const) {
      const response = await send(`${path}?attributes=${encodeURIComponent(attributes)}`, form(photos));
      expect(response.status).toBe(400);
      const { error } = schemas.failure.parse(await response.json());
      expect(error.code).toBe('bad_request');
      expect(error.message).toContain('age, gender, expression, pose');
    }
  });

  it('are refused for a frame of a live session', async () => {
    const response = await send('/recognize?attributes=age&session=12345678', form(1));
    expect(response.status).toBe(400);
    expect(schemas.failure.parse(await response.json()).error.message).toContain('live session');
  });
});

describe('ATTRIBUTES=off', () => {
  it('refuses each request that asks for one, and serves the others', async () => {
    const server = await startServer({ ...NETWORKS, ATTRIBUTES: 'off' });
    try {
      const status = schemas.status.parse(await (await fetch(`${server.url}/status`)).json());
      expect(status.attributes).toBe(false);
      for (const [path, photos] of [
        ['/detect', 1],
        ['/recognize', 1],
        ['/verify', 2],
      ] as const) {
        const send = (query: string) => fetch(`${server.url}${path}${query}`, { method: 'POST', body: form(photos) });
        const refused = await send('?attributes=pose');
        expect(refused.status).toBe(403);
        expect(schemas.failure.parse(await refused.json()).error.code).toBe('attributes_off');
        expect((await send('')).status).toBe(200);
      }
      const plugins = (names: string) =>
        fetch(`${server.url}/api/v1/detection/detect?face_plugins=${names}`, { method: 'POST', body: form(1) });
      for (const name of ['age', 'gender', 'pose']) {
        const refused = await plugins(name);
        expect(refused.status).toBe(403);
        expect(await refused.json()).toMatchObject({ code: 0 });
      }
      expect((await plugins('landmarks')).status).toBe(200);
    } finally {
      await server.close();
    }
  });
});
