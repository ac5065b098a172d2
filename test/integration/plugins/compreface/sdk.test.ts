import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { CompreFace } from '@exadel/compreface-js-sdk';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../../../src/plugins/compreface/schemas.js';
import { createKey } from '../../../helpers/access.js';
import { anotherFile, anotherPerson, onePerson, onePersonAgain } from '../../../helpers/portraits.js';
import { startServer, type TestServer } from '../../../helpers/server.js';

/** The client's own declarations lack half of it. */
type Method = (...given: unknown[]) => Promise<unknown>;
type Methods = Record<string, Method>;
interface Sdk {
  initFaceRecognitionService(key: string): Methods & { getFaceCollection(): Methods; getSubjects(): Methods };
  initFaceVerificationService(key: string): Methods;
  initFaceDetectionService(key: string): Methods;
}

/** The ways in which the client takes a picture. */
interface Picture {
  readonly path: string;
  readonly url: string;
  readonly blob: Buffer;
  readonly base64: string;
}
type Kind = keyof Picture;
const KINDS: readonly Kind[] = ['path', 'url', 'blob', 'base64'];

let server: TestServer;
let files: Server;
let folder: string;
let sdk: Sdk;
let key: string;
const pictures = {} as Record<'one' | 'again' | 'another', Picture>;

const recognition = () => sdk.initFaceRecognitionService(key);
/** A new one for each call: the client adds to the address of the call before. */
const collection = () => recognition().getFaceCollection();
const subjects = () => recognition().getSubjects();
const detection = () => sdk.initFaceDetectionService(key);
const verification = () => sdk.initFaceVerificationService(key);

async function answer<T>(schema: z.ZodType<T>, asked: Promise<unknown>): Promise<T> {
  return schema.parse(await asked);
}
const names = async () => (await answer(schemas.subjectList, subjects().list())).subjects;
const listed = async () => (await answer(schemas.imagePage, collection().list())).faces;
const nobody = () => subjects().deleteAll();
/** Enrols them where the check before has not left them. @returns Ada's image */
async function adaAndGrace(): Promise<string> {
  if ((await names()).join() !== 'Ada,Grace' || (await listed()).length !== 2) {
    await nobody();
    await addAda();
    await collection().add(pictures.another.path, 'Grace', {});
  }
  return (await listed()).find(({ subject }) => subject === 'Ada')!.image_id;
}
const addAda = async () => {
  const path = join(folder, 'ada.jpg');
  await writeFile(path, anotherFile(await readFile(pictures.one.path)));
  // The client takes a path for one only where it begins with a dot.
  return answer(schemas.namedImage, collection().add(relative(process.cwd(), path), 'Ada', {}));
};

beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api' });
  key = (await createKey(server.dataDir, 'admin', null, 'sdk')).key;
  folder = await mkdtemp(join(tmpdir(), 'rostro-sdk-'));
  const bytes = { one: await onePerson(), again: await onePersonAgain(), another: await anotherPerson() };
  files = createServer((request, response) => {
    const name = request.url?.slice(1, -'.jpg'.length) as keyof typeof bytes;
    response.setHeader('content-type', 'image/jpeg').end(bytes[name]);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  const { port } = files.address() as AddressInfo;
  for (const [name, blob] of Object.entries(bytes)) {
    const file = join(folder, `${name}.jpg`);
    await writeFile(file, blob);
    // The client takes a path for one only where it begins with a dot.
    const path = relative(process.cwd(), file);
    const url = `http://127.0.0.1:${port}/${name}.jpg`;
    pictures[name as keyof typeof bytes] = { path, url, blob, base64: blob.toString('base64') };
  }
  sdk = new CompreFace('http://127.0.0.1', Number(new URL(server.url).port)) as unknown as Sdk;
});
afterAll(async () => {
  await server.close();
  files.close();
  await rm(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});
interface Line {
  readonly of: 'detection' | 'recognition' | 'face collection' | 'subjects' | 'verification';
  readonly method: string;
  readonly checked: string;
  readonly check: () => Promise<void>;
}

/** What the client can do, and what each was checked for. */
const TABLE: readonly Line[] = [
  ...KINDS.map((kind): Line => ({
    of: 'detection',
    method: 'detect',
    checked: `${kind}: one face with landmarks, embedding, pose, age, gender, versions and times`,
    async check() {
      const plugins = { limit: 0, face_plugins: 'landmarks,calculator,pose,age,gender', status: true };
      const { result, plugins_versions } = await answer(
        schemas.detectedFaces,
        detection().detect(pictures.one[kind], { ...plugins, det_prob_threshold: 0.5 }),
      );
      expect(result).toHaveLength(1);
      expect([result[0].landmarks?.length, result[0].embedding?.length]).toEqual([5, 128]);
      expect(Object.keys(result[0].pose!)).toEqual(['yaw', 'pitch', 'roll']);
      expect(result[0].age!.high - result[0].age!.low).toBe(9);
      expect(result[0].gender!.value).toMatch(/^(fe)?male$/);
      expect(Object.keys(result[0].execution_time!)).toEqual(['detector', 'calculator', 'age', 'gender']);
      expect(Object.keys(plugins_versions!)).toEqual(['detector', 'calculator', 'age', 'gender']);
    },
  })),
  {
    of: 'detection',
    method: 'detect',
    checked: 'parameters that it joins with several "?" where it sends no limit',
    async check() {
      const wishes = { det_prob_threshold: 0.5, face_plugins: 'calculator', status: true };
      const { result, plugins_versions } = await answer(
        schemas.detectedFaces,
        detection().detect(pictures.one.path, wishes),
      );
      expect([result[0].embedding?.length, plugins_versions]).toEqual([128, expect.anything()]);
    },
  },
  ...KINDS.map((kind): Line => ({
    of: 'recognition',
    method: 'recognize',
    checked: `${kind}: the right subject, above one half, before another`,
    async check() {
      await adaAndGrace();
      const wishes = { prediction_count: 5, det_prob_threshold: 0.3, status: 'true' };
      const { result } = await answer(schemas.recognizedFaces, recognition().recognize(pictures.again[kind], wishes));
      expect(result).toHaveLength(1);
      expect(result[0].name).toBe('Ada');
      expect(result[0].subjects.map(({ subject }) => subject)).toEqual(['Ada', 'Grace']);
      expect(result[0].subjects[0].similarity).toBeGreaterThan(0.5);
      expect(result[0].subjects[1].similarity).toBeLessThan(0.5);
    },
  })),
  {
    of: 'recognition',
    method: 'getFaceCollection',
    checked: 'the methods below',
    check: () => Promise.resolve(expect(Object.keys(collection())).not.toEqual([])),
  },
  {
    of: 'recognition',
    method: 'getSubjects',
    checked: 'the methods below',
    check: () => Promise.resolve(expect(Object.keys(subjects())).not.toEqual([])),
  },
  {
    of: 'face collection',
    method: 'list',
    checked: 'nobody at first, then every example with its subject',
    async check() {
      await nobody();
      expect(await listed()).toEqual([]);
      const added = await addAda();
      expect(await listed()).toEqual([added]);
    },
  },
  ...KINDS.map((kind): Line => ({
    of: 'face collection',
    method: 'add',
    checked: `${kind}: the subject is made, and has one example`,
    async check() {
      await nobody();
      const added = await answer(schemas.namedImage, collection().add(pictures.one[kind], 'Ada', {}));
      expect(added.subject).toBe('Ada');
      expect([await names(), await listed()]).toEqual([['Ada'], [added]]);
    },
  })),
  {
    of: 'face collection',
    method: 'add',
    checked: 'a threshold that it joins to the name with "?"',
    async check() {
      await nobody();
      const asked = collection().add(pictures.one.path, 'Ada', { det_prob_threshold: 0.5 });
      expect((await answer(schemas.namedImage, asked)).subject).toBe('Ada');
      const sure = collection().add(pictures.one.path, 'Ada', { det_prob_threshold: 1 });
      await expect(sure).rejects.toMatchObject({ response: { status: 400, data: { code: 28 } } });
    },
  },
  ...KINDS.map((kind): Line => ({
    of: 'face collection',
    method: 'verify',
    checked: `${kind}: the same person above one half`,
    async check() {
      const asked = collection().verify(pictures.again[kind], await adaAndGrace(), { limit: 1 });
      const [{ subject, similarity }] = (await answer(schemas.verifiedFaces, asked)).result;
      expect([subject, similarity > 0.5]).toEqual(['Ada', true]);
    },
  })),
  {
    of: 'face collection',
    method: 'delete',
    checked: 'the example is gone, the subject stays',
    async check() {
      await nobody();
      const added = await addAda();
      expect(await answer(schemas.namedImage, collection().delete(added.image_id))).toEqual(added);
      expect([await names(), await listed()]).toEqual([['Ada'], []]);
    },
  },
  {
    of: 'face collection',
    method: 'delete_multiple_images',
    checked: 'those that there are, and no error for one that is not',
    async check() {
      await nobody();
      const [a, b, c] = [await addAda(), await addAda(), await addAda()];
      const ids = [a.image_id, '6b135f5b-a365-4522-b1f1-4c9ac2dd0728', b.image_id];
      expect(await answer(schemas.namedImages, collection().delete_multiple_images(ids))).toEqual([a, b]);
      expect(await listed()).toEqual([c]);
    },
  },
  {
    of: 'face collection',
    method: 'delete_all_subject',
    checked: "one subject's examples are counted and gone, with the subject",
    async check() {
      await adaAndGrace();
      expect(await answer(schemas.deletedCount, collection().delete_all_subject('Ada'))).toEqual({ deleted: 1 });
      expect([await names(), (await listed()).length]).toEqual([['Grace'], 1]);
    },
  },
  {
    of: 'face collection',
    method: 'delete_all',
    checked: 'everybody is counted and gone',
    async check() {
      await adaAndGrace();
      expect(await answer(schemas.deletedCount, collection().delete_all())).toEqual({ deleted: 2 });
      expect([await names(), await listed()]).toEqual([[], []]);
    },
  },
  {
    of: 'subjects',
    method: 'list',
    checked: 'names in order, with and without examples',
    async check() {
      await adaAndGrace();
      await subjects().add('Zoe');
      await subjects().add('Ines');
      expect(await names()).toEqual(['Ada', 'Grace', 'Ines', 'Zoe']);
    },
  },
  {
    of: 'subjects',
    method: 'add',
    checked: 'the name comes back; twice is refused with 43',
    async check() {
      await nobody();
      expect(await answer(schemas.subjectReply, subjects().add('Ada Lovelace'))).toEqual({ subject: 'Ada Lovelace' });
      const again = subjects().add('Ada Lovelace');
      await expect(again).rejects.toMatchObject({ response: { status: 400, data: { code: 43 } } });
    },
  },
  {
    of: 'subjects',
    method: 'rename',
    checked: 'examples keep their ids under the new name; an existing name gets them',
    async check() {
      await nobody();
      const { image_id } = await addAda();
      expect(await answer(schemas.updated, subjects().rename('Ada', 'Countess of Lovelace'))).toEqual({
        updated: true,
      });
      expect(await listed()).toEqual([{ image_id, subject: 'Countess of Lovelace' }]);
      const more = await addAda();
      await subjects().rename('Ada', 'Countess of Lovelace');
      expect((await listed()).map((face) => face.image_id)).toEqual([image_id, more.image_id]);
      expect(await names()).toEqual(['Countess of Lovelace']);
    },
  },
  {
    of: 'subjects',
    method: 'delete',
    checked: 'the subject is gone with the examples; a second time it is not found',
    async check() {
      await adaAndGrace();
      expect(await answer(schemas.subjectReply, subjects().delete('Ada'))).toEqual({ subject: 'Ada' });
      expect([await names(), (await listed()).length]).toEqual([['Grace'], 1]);
      await expect(subjects().delete('Ada')).rejects.toMatchObject({ response: { status: 404, data: { code: 42 } } });
    },
  },
  {
    of: 'subjects',
    method: 'deleteAll',
    checked: 'all are counted and gone, those without examples too',
    async check() {
      await adaAndGrace();
      await subjects().add('Zoe');
      expect(await answer(schemas.deletedCount, subjects().deleteAll())).toEqual({ deleted: 3 });
      expect(await names()).toEqual([]);
    },
  },
  ...(
    [
      ['path', 'path'],
      ['path', 'url'],
      ['url', 'url'],
      ['url', 'path'],
      ['url', 'blob'],
      ['blob', 'blob'],
      ['blob', 'path'],
      ['base64', 'base64'],
    ] as const
  ).map(([source, target]): Line => ({
    of: 'verification',
    method: 'verify',
    checked: `${source} and ${target}: the same person above one half, with what the parameters ask for`,
    async check() {
      const wishes = { limit: 0, det_prob_threshold: 0.3, face_plugins: 'calculator', status: true };
      const asked = verification().verify(pictures.one[source], pictures.again[target], wishes);
      const [{ face_matches, source_image_face, plugins_versions }] = (await answer(schemas.comparedPhotos, asked))
        .result;
      expect([source_image_face.embedding?.length, plugins_versions]).toEqual([128, expect.anything()]);
      expect(face_matches.map(({ similarity }) => similarity > 0.5)).toEqual([true]);
    },
  })),
  {
    of: 'verification',
    method: 'verify',
    checked: 'another person is below one half',
    async check() {
      const asked = verification().verify(pictures.one.path, pictures.another.path, {});
      const [{ face_matches }] = (await answer(schemas.comparedPhotos, asked)).result;
      expect(face_matches.map(({ similarity }) => similarity < 0.5)).toEqual([true]);
    },
  },
];

/** The two pairs of inputs that version 1.0.0 of the client fails with before it sends anything. */
const FAILS_ITSELF: readonly (readonly [Kind, Kind])[] = [
  ['blob', 'url'],
  ['path', 'blob'],
];

describe("CompreFace's JavaScript client, unchanged", () => {
  it.each(TABLE)('$of: $method ($checked)', ({ check }) => check());

  it('has no method that is not in the table', () => {
    const methodsOf = (service: object) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(service)).filter((name) => name !== 'constructor');
    const real = [
      ...methodsOf(detection()).map((name) => `detection ${name}`),
      ...methodsOf(recognition()).map((name) => `recognition ${name}`),
      ...Object.keys(collection()).map((name) => `face collection ${name}`),
      ...Object.keys(subjects()).map((name) => `subjects ${name}`),
      ...methodsOf(verification()).map((name) => `verification ${name}`),
    ];
    expect([...new Set(TABLE.map(({ of, method }) => `${of} ${method}`))].sort()).toEqual(real.sort());
    expect(methodsOf(sdk)).toEqual([
      'initFaceRecognitionService',
      'initFaceVerificationService',
      'initFaceDetectionService',
    ]);
  });

  it.each(FAILS_ITSELF)('fails by itself with %s and %s', async (source, target) => {
    const attempt = async () => verification().verify(pictures.one[source], pictures.again[target], {});
    await expect(attempt()).rejects.toThrow(TypeError);
  });
});
