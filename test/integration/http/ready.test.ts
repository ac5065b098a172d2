import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Readiness } from '../../../src/http/readiness.js';
import * as schemas from '../../../src/http/schemas.js';
import { onePerson } from '../../helpers/portraits.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { removeTemporaryFolders } from '../../helpers/gallery-fixture.js';

let server: TestServer;
let portrait: Buffer;
beforeAll(async () => {
  portrait = await onePerson();
  server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', MAX_QUEUE: '2' });
});
afterAll(async () => {
  await server.close();
  removeTemporaryFolders();
});

async function readiness(): Promise<string> {
  const reply = await fetch(`${server.url}/readyz`);
  if (reply.status === 200) return schemas.readiness.parse(await reply.json()).status;
  expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
  const { error } = schemas.failure.parse(await reply.json());
  expect(error.code).toBe('not_ready');
  return String(error.details.reason);
}

const post = (path: string) =>
  fetch(server.url + path, {
    method: 'POST',
    body: new Uint8Array(portrait),
    headers: { 'content-type': 'image/jpeg' },
  });

describe('/readyz', () => {
  it('is ready when everything is there, and alive meanwhile', async () => {
    expect(await readiness()).toBe('ready');
    expect(schemas.health.parse(await (await fetch(`${server.url}/healthz`)).json())).toEqual({ status: 'ok' });
  });

  it('says that the queue is full, and is ready again when it has gone down', async () => {
    const waiting = Promise.all(Array.from({ length: 12 }, () => post('/recognize')));
    await expect.poll(readiness, { interval: 5 }).toBe('queue');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await waiting;
    expect(await readiness()).toBe('ready');
  });

  it('says that the folder takes no changes, and notices when it does again', async () => {
    const embeddings = join(server.dataDir, 'embeddings');
    renameSync(embeddings, `${embeddings}.away`);
    expect((await post('/upload?name=Ada')).status).toBe(503);
    expect(await readiness()).toBe('storage');
    expect(await readiness()).toBe('storage');
    renameSync(`${embeddings}.away`, embeddings);
    expect(await readiness()).toBe('ready');
    expect((await post('/upload?name=Ada')).status).toBe(201);
  });

  it('says that the thread that embeds has ended', async () => {
    const gallery = { writeFailed: false, isWritable: () => Promise.resolve(true) };
    const load = () => ({ ...server.core.pipeline.load, isEmbedding: false });
    const readiness = new Readiness({ gallery, load });
    expect(await readiness.notReadyReason()).toBe('embedding');
  });

  it('says that no worker is there', async () => {
    await server.core.pipeline.close();
    expect(await readiness()).toBe('workers');
  });
});
