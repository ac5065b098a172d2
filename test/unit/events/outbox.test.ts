import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Outbox } from '../../../src/events/outbox.js';
import { EventHub } from '../../../src/events/event-hub.js';
import { KEY_BYTES, sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { plainVault, vaultOf } from '../../../src/gallery/sealing/vault.js';
import { newEvent } from '../../helpers/new-event.js';

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
  it('keeps no erased name of an event that was in hand when the name was removed', async () => {
    const outbox = await open();
    await outbox.add(hub.publish(newEvent('Ada')));
    const { first } = outbox;
    await outbox.redactNames(nobody);
    await outbox.deadLetter(first!, 'It was too late.');
    await Promise.all([outbox.redactNames(nobody), outbox.add(hub.publish(newEvent('Ada')))]);
    const files = await onDisk();
    expect(files).toHaveLength(2);
    expect(files.join()).not.toContain('Ada');
  });

  it('neither writes nor dead-letters an event that has arrived meanwhile', async () => {
    const outbox = await open();
    await outbox.add(hub.publish(newEvent('Ada')));
    const { first } = outbox;
    await outbox.remove(first!);
    await outbox.deadLetter(first!, 'It was too late.');
    expect(await onDisk()).toEqual([]);
  });

  it('leaves unreadable files in place, of queued events and of dead letters', async () => {
    const [key, another] = [1, 2].map(() => vaultOf([sealingKey(randomBytes(KEY_BYTES))]));
    const addTwo = async (outbox: Outbox) => {
      const [dead, waiting] = [hub.publish(newEvent()), hub.publish(newEvent())];
      await Promise.all([outbox.add(dead), outbox.add(waiting)]);
      await outbox.deadLetter(outbox.first!, 'It was refused.');
      return { waiting, dead };
    };
    const before = await addTwo(await open(key));
    const locked = await open(another);
    expect([locked.unreadable, locked.waiting, locked.dead.length]).toEqual([2, 0, 0]);
    await addTwo(locked);
    const after = await open(key);
    expect([after.unreadable, after.waiting, after.dead.length]).toEqual([2, 1, 1]);
    expect([after.first?.event, after.dead[0].event]).toEqual([before.waiting, before.dead]);
  });

  it('that another process opens brings back nothing that the server has sent', async () => {
    const server = await open();
    await Promise.all([1, 2].map(() => server.add(hub.publish(newEvent('Ada')))));
    await server.deadLetter(server.first!, 'It was refused.');
    const command = await open();
    await server.retry();
    while (server.first) await server.remove(server.first);
    await command.redactNames(nobody);
    expect(await onDisk()).toEqual([]);
  });

  it('that is only looked at keeps what is being written', async () => {
    await (await open()).add(hub.publish(newEvent('Ada')));
    await writeFile(join(folder, '000000000002.json.0.tmp'), '');
    expect((await open()).unreadable).toBe(0);
    expect(await readdir(folder)).toHaveLength(2);
  });
});
