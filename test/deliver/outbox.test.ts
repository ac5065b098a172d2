import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Outbox } from '../../src/deliver/outbox.js';
import { EventHub } from '../../src/events/event-hub.js';
import { plainVault } from '../../src/store/sealing/vault.js';
import { happening } from '../helpers/happening.js';

let folder: string;
let hub: EventHub;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'rostro-outbox-')), 'outbox', 'webhook-door');
  hub = new EventHub();
});
afterEach(() => rm(join(folder, '..', '..'), { recursive: true }));

const open = (vault = plainVault) => Outbox.open(folder, vault);
const nobody = () => false;

/** All files, as text. */
async function onDisk(): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'));
  return Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
}

describe('an outbox', () => {
  it('keeps no erased name of a letter that was in hand when it was taken out', async () => {
    const outbox = await open();
    await outbox.add(hub.publish(happening('Ada')));
    const { first } = outbox;
    await outbox.keepNames(nobody);
    await outbox.giveUp(first!, 'It was too late.');
    await Promise.all([outbox.keepNames(nobody), outbox.add(hub.publish(happening('Ada')))]);
    const files = await onDisk();
    expect(files).toHaveLength(2);
    expect(files.join()).not.toContain('Ada');
  });

  it('neither writes nor buries a letter that has arrived meanwhile', async () => {
    const outbox = await open();
    await outbox.add(hub.publish(happening('Ada')));
    const { first } = outbox;
    await outbox.remove(first!);
    await outbox.giveUp(first!, 'It was too late.');
    expect(await onDisk()).toEqual([]);
  });
});
