import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as schemas from '../../../src/http/schemas.js';
import { cutPhotos } from '../../helpers/browser/photos.js';
import { rostroWith } from '../../helpers/rostro.js';
import { startServer, type TestServer } from '../../helpers/server.js';

const DETECTOR = 'ssd';

let dataDir: string;
let server: TestServer;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rostro-model-'));
  server = await startServer({ DETECTOR, EMBEDDER: 'face-api', WORKERS: '1', ROSTRO_DATA: dataDir });
  const { portrait, otherPerson } = await cutPhotos();
  await server.core.enrolment.enrol({ bytes: portrait, fileName: undefined, name: 'Ada' });
  await server.core.enrolment.enrol({ bytes: otherPerson, fileName: undefined, name: 'Grace' });
}, 120_000);
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

const call = (method: string, embedder?: string) =>
  fetch(`${server.url}/model`, {
    method,
    ...(embedder && { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ embedder }) }),
  });
const model = async (method = 'GET', embedder?: string) =>
  schemas.serverModel.parse(await (await call(method, embedder)).json());
const refusal = async (embedder: string) => {
  const { error } = schemas.failure.parse(await (await call('POST', embedder)).json());
  return [error.code, error.message];
};

it('tells what runs, what is better, and how to get the others', async () => {
  const { embedders, dimension, change } = await model();
  expect([dimension, change]).toEqual([128, null]);
  const of = (wanted: string) => embedders.find(({ name }) => name === wanted);
  expect(of('face-api')).toMatchObject({ running: true, installed: true, better: false, missed: 0.47 });
  expect(of('mobilefacenet')).toMatchObject({ running: false, installed: true, better: true, licence: 'MIT' });
  expect(of('w600k-r50')).toMatchObject({
    installed: false,
    commercial: false,
    better: false,
    missed: null,
    pull: 'rostro models pull w600k-r50 --accept-licence',
  });
  expect(await refusal('face-api')).toEqual(['bad_request', 'face-api runs already.']);
  expect(await refusal('sface')).toEqual([
    'bad_request',
    'sface is not installed; "rostro models pull sface" fetches it.',
  ]);
  expect(await refusal('../../etc')).toEqual(['bad_request', 'There is no embedder ../../etc.']);
});

it('prepares another embedder while the server runs, which is then switched to with the server stopped', async () => {
  const begun = await model('POST', 'mobilefacenet');
  expect(begun.change).toMatchObject({ embedder: 'mobilefacenet', state: 'preparing' });
  expect((await refusal('mobilefacenet'))[0]).toBe('busy');
  const state = async () => (await model()).change?.state;
  await expect.poll(state, { timeout: 120_000, interval: 500 }).toBe('prepared');
  expect((await model()).change).toEqual({
    embedder: 'mobilefacenet',
    state: 'prepared',
    done: 2,
    total: 2,
    unable: [],
    unableCount: 0,
    error: null,
    commands: ['rostro reembed --to mobilefacenet --switch', 'EMBEDDER=mobilefacenet rostro serve'],
  });
  expect(server.core.recognition.model.embedder).toBe('face-api');
  expect((await model('DELETE')).change).toBeNull();
  await server.close();
  const settings = { DETECTOR, ROSTRO_DATA: dataDir };
  const { code, err } = await rostroWith(settings, dataDir, 'reembed', '--to', 'mobilefacenet', '--switch');
  expect([code, err]).toEqual([0, expect.any(String)]);
  server = await startServer({ DETECTOR, EMBEDDER: 'auto', WORKERS: '1', ROSTRO_DATA: dataDir });
  expect([server.core.recognition.model.embedder, server.core.people.count]).toEqual(['mobilefacenet', 2]);
});
