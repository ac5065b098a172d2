import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/http/app.js';
import { bodyBudget } from '../../../src/http/bodies.js';
import { largestBody } from '../../../src/http/photos.js';
import { whenReady } from '../../../src/http/readiness.js';
import * as schemas from '../../../src/http/schemas.js';
import { Metrics } from '../../../src/shared/prometheus.js';
import type { Services } from '../../../src/http/services.js';
import { keyFolder, policyOf } from '../../helpers/access.js';
import { memoryLogger } from '../../helpers/log.js';
import { startServer } from '../../helpers/server.js';

let server: Server | undefined;
afterEach(() => server?.close());

/** The app alone, as it is while the networks are still being loaded. */
async function listenWithoutServices(): Promise<string> {
  const limits = {
    maxImageBytes: 1000,
    maxFilesPerRequest: 1,
    maxRequestBytes: 1000,
    maxImportBytes: 1000,
    deadlineMs: 1000,
  };
  const { file, remove } = await keyFolder();
  const access = await policyOf(file);
  await remove();
  const log = memoryLogger();
  const app = createApp({
    services: whenReady<Services>(() => null),
    access,
    limits,
    bodies: bodyBudget(largestBody(limits)),
    publicDir: 'public',
    version: '0',
    log,
    metrics: new Metrics(() => null),
    plugins: [],
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('while the networks are being loaded', () => {
  it('is alive but not ready, and says when to ask again', async () => {
    const url = await listenWithoutServices();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/readyz'],
      ['GET', '/people'],
      ['POST', '/recognize'],
    ]) {
      const body = method === 'POST' ? new Uint8Array([1]) : null;
      const reply = await fetch(url + path, { method, body, headers: { 'content-type': 'image/jpeg' } });
      expect([path, reply.status, reply.headers.get('retry-after')]).toEqual([path, 503, '1']);
      expect(schemas.failure.parse(await reply.json()).error.code).toBe('not_ready');
    }
  });
});

describe('a port that is taken', () => {
  it('stops the start with one sentence', async () => {
    const url = await listenWithoutServices();
    const port = new URL(url).port;
    await expect(startServer({ PORT: port })).rejects.toMatchObject({
      code: 'bad_config',
      message: `Cannot listen on 127.0.0.1:${port}: another program uses it.`,
    });
  });
});
