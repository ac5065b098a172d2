import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { deliveries } from '../../../src/http/schemas.js';
import { newEvent } from '../../helpers/new-event.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { WebhookReceiver } from '../../helpers/webhook-receiver.js';

describe('an event that its receiver refused for good', () => {
  let server: TestServer;
  let receiver: WebhookReceiver;
  let folder: string;
  let answer = 400;

  beforeAll(async () => {
    receiver = await WebhookReceiver.start(() => answer);
    folder = await mkdtemp(join(tmpdir(), 'rostro-webhooks-'));
    const path = join(folder, 'webhooks.json');
    const webhook = { id: 'bell', url: receiver.url, secret: 'at least sixteen letters' };
    await writeFile(path, JSON.stringify({ webhooks: [webhook] }));
    server = await startServer({ DETECTOR: 'ssd', EMBEDDER: 'face-api', WORKERS: '1', WEBHOOKS_FILE: path });
  });
  afterAll(async () => {
    await server.close();
    await receiver.close();
    await rm(folder, { recursive: true });
  });

  const bell = async () => {
    const reply = await fetch(`${server.url}/deliveries`);
    return ((await reply.json()) as z.infer<typeof deliveries>).receivers[0];
  };

  it('is kept, and sent again when somebody asks for it', async () => {
    server.core.events.publish(newEvent());
    await expect.poll(bell).toMatchObject({ id: 'bell', dead: 1, delivered: 0, connected: null });
    answer = 204;
    const reply = await fetch(`${server.url}/deliveries/bell/retry`, { method: 'POST' });
    expect([reply.status, await reply.json()]).toEqual([200, { retried: 1 }]);
    await expect.poll(bell).toMatchObject({ dead: 0, delivered: 1, waiting: 0 });
    expect(receiver.received.map(({ event }) => event.person)).toEqual(['Ada', 'Ada']);
  });
});
