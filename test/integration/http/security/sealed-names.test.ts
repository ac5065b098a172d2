import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKeyFile } from '../../../../src/gallery/sealing/key-file.js';
import { rostroWith } from '../../../helpers/rostro.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { samplePhoto } from '../../../helpers/shared.js';

/** Names of people, and a camera's password. */
const NAMES = ['Xanthippe', 'Quillfeather', 'Zebedee', 'Ottoline', 'pandemonium'];

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rostro-sealed-names-'));
  await createKeyFile(join(folder, 'key'));
  server = await start();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const networks = { DETECTOR: 'ssd', EMBEDDER: 'face-api' };

function start(): Promise<TestServer> {
  return startServer({
    ...networks,
    MATCHER: 'svm',
    AUDIT: 'all',
    ROSTRO_DATA: join(folder, 'data'),
    ENCRYPTION_KEY_FILE: join(folder, 'key'),
  });
}

async function encryption(...args: string[]): Promise<void> {
  const settings = { ...networks, ROSTRO_DATA: join(folder, 'data'), ENCRYPTION_KEY_FILE: join(folder, 'key') };
  const { code, err } = await rostroWith(settings, folder, 'encryption', ...args);
  expect([code, err]).toEqual([0, '']);
}

async function upload(name: string, sample: 3 | 6, left: number): Promise<void> {
  const region =
    sample === 3 ? { left, top: 80, width: 400, height: 460 } : { left, top: 320, width: 420, height: 500 };
  const photo = await sharp(samplePhoto(sample)).extract(region).jpeg().toBuffer();
  const form = new FormData();
  form.append('name', name);
  form.append('file', new Blob([new Uint8Array(photo)]), `${name}.jpg`);
  expect((await fetch(`${server.url}/upload`, { method: 'POST', body: form })).status).toBe(201);
}

const send = (method: string, path: string, body: unknown) =>
  fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const signingKeys = async (): Promise<unknown> => (await fetch(`${server.url}/challenges/keys`)).json();

/** Files of the data folder that contain one of the names, in their path or in their bytes. */
function filesWithNames(): string[] {
  const data = join(folder, 'data');
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => NAMES.some((name) => Buffer.concat([readFileSync(path), Buffer.from(path)]).includes(name)));
}

it('no file of an encrypted gallery contains a name: gallery, audit log, classifier, cameras, subjects without photos', async () => {
  await upload('Xanthippe', 3, 1020);
  await upload('Xanthippe', 3, 1010);
  await upload('Zebedee', 6, 200);
  await upload('Zebedee', 6, 190);
  expect((await send('PATCH', '/people/Zebedee', { name: 'Ottoline' })).status).toBe(200);
  expect((await send('POST', '/api/v1/recognition/subjects', { subject: 'Quillfeather' })).status).toBe(201);
  const camera = { id: 'door', source: 'rtsp://user:pandemonium@127.0.0.1:9/x', enabled: false };
  expect((await send('POST', '/cameras', camera)).status).toBe(201);
  await server.core.matching.ready();
  expect(filesWithNames()).toEqual([]);

  await server.close();
  server = await start();
  expect(server.core.gallery.people().map(({ name }) => name)).toEqual(['Ottoline', 'Xanthippe']);
  const { subjects } = (await (await fetch(`${server.url}/api/v1/recognition/subjects`)).json()) as {
    subjects: string[];
  };
  expect(subjects.sort()).toEqual(['Ottoline', 'Quillfeather', 'Xanthippe']);
  expect([...(await server.core.trail.pseudonyms.names()).values()].sort()).toEqual(['Ottoline', 'Xanthippe']);
  expect(filesWithNames()).toEqual([]);
});

it('encryption off makes the files readable, encryption on hides the names and the signing key again', async () => {
  const keys = await signingKeys();
  const keyFile = join(folder, 'data/.state/challenge-key.json');
  expect(readFileSync(keyFile).includes('"d"')).toBe(false);
  await server.close();
  await encryption('off');
  expect(readFileSync(keyFile).includes('"d"')).toBe(true);
  const plain = ['audit/people.json', 'cameras.json', 'subjects.json'].map((file) => join(folder, 'data/.state', file));
  expect(filesWithNames()).toEqual(expect.arrayContaining(plain));
  await encryption('on');
  expect(filesWithNames()).toEqual([]);
  expect(readFileSync(keyFile).includes('"d"')).toBe(false);
  server = await start();
  expect(await signingKeys()).toEqual(keys);
  expect([...(await server.core.trail.pseudonyms.names()).values()].sort()).toEqual(['Ottoline', 'Xanthippe']);
  const settings = (await (await fetch(`${server.url}/cameras/door/settings`)).json()) as { source: string };
  expect(settings.source).toContain('127.0.0.1');
});
