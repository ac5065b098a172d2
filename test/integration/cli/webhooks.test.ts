import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Outbox } from '../../../src/events/outbox.js';
import { EventHub } from '../../../src/events/event-hub.js';
import { FolderLock } from '../../../src/gallery/files/folder-lock.js';
import { plainVault } from '../../../src/gallery/sealing/vault.js';
import { newEvent } from '../../helpers/new-event.js';
import { rostroWith } from '../../helpers/rostro.js';

let dataDir: string;
const open = () => Outbox.open(join(dataDir, '.state', 'outbox', 'webhook-door'), plainVault);
const retry = (settings: NodeJS.ProcessEnv = {}) =>
  rostroWith(settings, dataDir, 'webhooks', 'retry', 'door', '--data', dataDir);

/** A data folder with an event that was given up. */
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rostro-webhooks-'));
  await mkdir(join(dataDir, '.state'));
  const outbox = await open();
  await outbox.add(new EventHub().publish(newEvent()));
  await outbox.deadLetter(outbox.first!, 'It was refused.');
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

it('rostro webhooks retry does so where no server runs', async () => {
  expect(await retry()).toEqual({ code: 0, out: '1 events are sent again.\n', err: '' });
  expect((await open()).waiting).toBe(1);
});

it('rostro webhooks retry refuses where a server runs on the folder, or may, and leaves it alone', async () => {
  const lock = await FolderLock.acquire(dataDir);
  const locked = await retry();
  expect([locked.code, locked.err]).toEqual([1, expect.stringContaining('(gallery_locked)')]);
  await lock.release();
  const shared = await retry({ DATABASE_URL: 'postgres://rostro@127.0.0.1:1/rostro' });
  expect([shared.code, shared.err]).toEqual([1, expect.stringContaining('POST /deliveries/door/retry')]);
  expect((await open()).dead).toHaveLength(1);
});
