import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { webhooksCommand } from '../../../src/cli/webhooks.js';
import { Outbox } from '../../../src/events/delivery/outbox.js';
import { EventHub } from '../../../src/events/event-hub.js';
import { FolderLock } from '../../../src/gallery/files/folder-lock.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { happening } from '../../helpers/happening.js';

let dataDir: string;
const open = () => Outbox.open(join(dataDir, '.state', 'outbox', 'webhook-door'), plainVault);
const retry = () => webhooksCommand().parseAsync(['retry', 'door', '--data', dataDir], { from: 'user' });

/** A data folder with an event that was given up. */
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rostro-webhooks-'));
  await mkdir(join(dataDir, '.state'));
  const outbox = await open();
  await outbox.add(new EventHub().publish(happening()));
  await outbox.giveUp(outbox.first!, 'It was refused.');
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(dataDir, { recursive: true });
});

it('rostro webhooks retry does so where no server runs', async () => {
  const told = vi.spyOn(console, 'log').mockReturnValue();
  await retry();
  expect(told.mock.calls).toEqual([['1 events are sent again.']]);
  expect((await open()).waiting).toBe(1);
});

it('rostro webhooks retry refuses where a server runs on the folder, or may, and leaves it alone', async () => {
  const lock = await FolderLock.take(dataDir);
  await expect(retry()).rejects.toMatchObject({ code: 'gallery_locked' });
  await lock.release();
  vi.stubEnv('DATABASE_URL', 'postgres://rostro@127.0.0.1:1/rostro');
  await expect(retry()).rejects.toThrow('POST /deliveries/door/retry');
  expect((await open()).dead).toHaveLength(1);
});
