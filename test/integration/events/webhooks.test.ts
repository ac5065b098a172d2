import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookReceiver, webhookSettings } from '../../../src/events/webhook.js';
import type { Deliveries } from '../../../src/events/deliveries.js';
import { cameraEventSchema } from '../../../src/events/event.js';
import { KEY_BYTES, sealingKey } from '../../../src/gallery/sealing/sealed.js';
import { vaultOf } from '../../../src/gallery/sealing/vault.js';
import { failuresIn } from '../../helpers/log.js';
import { WebhookReceiver, type Received } from '../../helpers/webhook-receiver.js';
import { deliveryFixture } from '../../helpers/deliveries.js';

const SECRET = 'a secret of the receiver';
const settingsFor = (url: string, more: object = {}) =>
  webhookSettings.parse({ id: 'door', url, secret: SECRET, timeoutSeconds: 1, ...more });
const sequences = (received: readonly Received[]) => received.map(({ event }) => event.sequence);

let fixture: Awaited<ReturnType<typeof deliveryFixture>>;
const closing: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  fixture = await deliveryFixture();
});
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
  await fixture.remove();
});

async function receiver(...answer: Parameters<typeof WebhookReceiver.start>): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start(...answer);
  closing.push(started);
  return started;
}

async function deliver(url: string, more: object = {}) {
  const started = fixture.start();
  closing.push(started.deliveries);
  await started.deliveries.start([webhookReceiver(settingsFor(url, more))]);
  return started;
}

/** Where nobody listens any more. */
async function addressOfNobody(): Promise<string> {
  const gone = await WebhookReceiver.start(() => 200);
  const { url } = gone;
  await gone.close();
  return url;
}

const statusOf = (deliveries: Deliveries) => deliveries.status[0];

/** All files below the state folder, as text. */
async function onDisk(): Promise<string> {
  const names = (await readdir(fixture.stateDir, { recursive: true })).filter((name) => name.endsWith('.json'));
  return (await Promise.all(names.map((name) => readFile(join(fixture.stateDir, name), 'latin1')))).join('\n');
}

describe('a webhook', () => {
  it('gets each event once, signed over time and body', async () => {
    const { url, received } = await receiver(() => 204);
    const { publish } = await deliver(url);
    const [event] = publish(3);
    await expect.poll(() => sequences(received)).toEqual([1, 2, 3]);
    const [{ headers, body }] = received;
    expect(cameraEventSchema.parse(JSON.parse(body))).toEqual(event);
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-rostro-signature']))!;
    expect(Math.abs(Number(t) - Date.now() / 1000)).toBeLessThan(60);
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex'));
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-rostro-event': 'appeared',
      'x-rostro-delivery': event.id,
      'x-rostro-repeated': 'false',
    });
    await expect.poll(onDisk).toBe('');
  });

  it('that fails half of the time gets every event, in order, marked where it may have had it', async () => {
    let random = 7;
    const chance = () => (random = (random * 16807) % 2147483647) / 2147483647;
    const { url, received } = await receiver(() => (chance() < 0.5 ? 200 : chance() < 0.5 ? 503 : 'cut'));
    const { publish, deliveries } = await deliver(url);
    publish(60);
    await expect.poll(() => statusOf(deliveries).delivered).toBe(60);
    const firsts = received.filter(({ headers }) => headers['x-rostro-repeated'] === 'false');
    expect(sequences(firsts)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(sequences(received)).toEqual(sequences(received).toSorted((a, b) => a - b));
    expect(received.length).toBeGreaterThan(80);
    expect(statusOf(deliveries)).toMatchObject({ waiting: 0, dead: 0, error: null });
  });

  it('that hangs is given up on after its time, and the events wait', async () => {
    let answer: 'hang' | 200 = 'hang';
    const { url, received } = await receiver(() => answer);
    const { publish, deliveries } = await deliver(url);
    publish(2);
    await expect.poll(() => statusOf(deliveries).error).toBe('It did not answer within 1 s.');
    expect(statusOf(deliveries)).toMatchObject({ waiting: 2, delivered: 0 });
    answer = 200;
    await expect.poll(() => statusOf(deliveries)).toMatchObject({ waiting: 0, delivered: 2, error: null });
    expect(received.at(-2)?.headers['x-rostro-repeated']).toBe('true');
    expect(received.at(-1)?.headers['x-rostro-repeated']).toBe('false');
  });

  it('that is not there is waited for; a server that is stopped meanwhile goes on where it was', async () => {
    const first = await deliver(await addressOfNobody());
    first.publish(3);
    await expect.poll(() => statusOf(first.deliveries).error).toBe('It cannot be reached: ECONNREFUSED.');
    await first.deliveries.close();
    closing.length = 0;
    const { url: there, received } = await receiver(() => 200);
    const second = await deliver(there);
    second.publish(1, 'Bea');
    await expect.poll(() => sequences(received)).toEqual([1, 2, 3, 1]);
    expect(received.map(({ headers }) => headers['x-rostro-repeated'])).toEqual(['true', 'true', 'true', 'false']);
    expect(new Set(received.map(({ event }) => event.id)).size).toBe(4);
  });

  it.each([
    [410, 1],
    [500, 10],
    [301, 10],
  ])('that always answers %d loses the event after %d tries, and it is kept', async (status, tries) => {
    let answer = status;
    const { url, received } = await receiver(({ event }) => (event.sequence === 1 ? answer : 200));
    const { publish, deliveries } = await deliver(url);
    publish(2);
    await expect.poll(() => statusOf(deliveries)).toMatchObject({ dead: 1, delivered: 1, waiting: 0 });
    expect(sequences(received)).toEqual([...Array<number>(tries).fill(1), 2]);
    answer = 200;
    expect(await deliveries.retry('door')).toBe(1);
    await expect.poll(() => statusOf(deliveries)).toMatchObject({ dead: 0, delivered: 2 });
    expect(received.at(-1)).toMatchObject({ headers: { 'x-rostro-repeated': 'true' }, event: { sequence: 1 } });
    await expect.poll(onDisk).toBe('');
  });

  it('gets those that were given up as far as the disk takes them, and the others are still given up', async () => {
    let answer = 410;
    const { url, received } = await receiver(() => answer);
    const { publish, deliveries } = await deliver(url);
    publish(3);
    await expect.poll(() => statusOf(deliveries)).toMatchObject({ dead: 3, state: 'idle' });
    answer = 200;
    // Where the second of them is to lie: a disk that fails for anybody, root too.
    const inTheWay = join(fixture.stateDir, 'outbox', 'webhook-door', '000000000005.json');
    await mkdir(inTheWay);
    await expect(deliveries.retry('door')).rejects.toMatchObject({ code: 'storage_failed' });
    await expect.poll(() => statusOf(deliveries)).toMatchObject({ dead: 2, delivered: 1, state: 'idle' });
    expect(await deliveries.retry('door')).toBe(2);
    await expect.poll(() => sequences(received.slice(3))).toEqual([1, 2, 3]);
    await rmdir(inTheWay);
    await expect.poll(onDisk).toBe('');
  });

  it('gets only the events and cameras that it asks for', async () => {
    const { url, received } = await receiver(() => 200);
    const { publish } = await deliver(url, { events: ['unknown'] });
    publish(1, 'Ada');
    publish(1, null);
    publish(1, 'Bea');
    await expect.poll(() => sequences(received)).toEqual([2]);
  });

  it('never tells its address or its secret', async () => {
    const nobody = new URL(await addressOfNobody());
    const { deliveries, publish } = await deliver(`http://user:s3cret@${nobody.host}/s3cret?key=s3cret`);
    publish(1);
    await expect.poll(() => statusOf(deliveries).error).toBe('It cannot be reached: ECONNREFUSED.');
    const told = [JSON.stringify(deliveries.status), ...fixture.logged, await onDisk()].join('\n');
    expect(told).not.toContain('s3cret');
    expect(told).not.toContain(SECRET);
    expect(statusOf(deliveries).target).toBe(nobody.origin);
  });
});

describe('events that wait', () => {
  it('lose the name of somebody who is erased: those that wait, those given up, those of a receiver of before', async () => {
    let answer: number | 'cut' = 410;
    const { url, received } = await receiver(() => answer);
    const { publish, deliveries, isEnrolled } = await deliver(url);
    publish(1, 'Ada');
    await expect.poll(() => statusOf(deliveries)).toMatchObject({ dead: 1, state: 'idle' });
    answer = 'cut';
    publish(1, 'Ada');
    publish(1, 'Bea');
    await expect.poll(onDisk).toMatch(/"Ada"[^]*"Ada"/);
    fixture.enrolled.delete('Ada');
    await deliveries.redactNames(isEnrolled);
    expect(await onDisk()).not.toContain('Ada');
    expect(await onDisk()).toContain('Bea');
    await deliveries.close();
    closing.pop();
    fixture.enrolled.delete('Bea');
    await fixture.start().deliveries.redactNames(isEnrolled);
    expect(await onDisk()).not.toContain('Bea');
    answer = 200;
    received.length = 0;
    await deliver(url);
    await expect.poll(() => received.map(({ event }) => event.person)).toEqual([null, null]);
  });

  it('lose that name also beside an outbox that cannot be opened, which is logged', async () => {
    const { publish, deliveries, isEnrolled } = await deliver(await addressOfNobody());
    publish(1, 'Ada');
    await expect.poll(onDisk).toContain('Ada');
    await deliveries.close();
    closing.pop();
    await mkdir(join(fixture.stateDir, 'outbox', 'webhook-a-before'));
    await writeFile(join(fixture.stateDir, 'outbox', 'webhook-a-before', 'dead'), 'no folder');
    fixture.enrolled.delete('Ada');
    await fixture.start().deliveries.redactNames(isEnrolled);
    expect(await onDisk()).not.toContain('Ada');
    expect(failuresIn(fixture.logged).join()).toContain('a file lies where a folder is expected');
  });

  it('that a stop left half-written are taken away at the next start, of all receivers', async () => {
    const folders = ['webhook-door/dead', 'webhook-of-before'].map((name) => join(fixture.stateDir, 'outbox', name));
    for (const folder of folders) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, '000000000001.json.0.tmp'), 'Ada');
    }
    await deliver(await addressOfNobody());
    expect(await Promise.all(folders.map((folder) => readdir(folder)))).toEqual([[], []]);
  });

  it('are sealed where the gallery is, and open again', async () => {
    await fixture.remove();
    fixture = await deliveryFixture(vaultOf([sealingKey(randomBytes(KEY_BYTES))]));
    const gone = await deliver(await addressOfNobody());
    gone.publish(1, 'Ada');
    await expect.poll(async () => (await onDisk()).length).toBeGreaterThan(100);
    expect(await onDisk()).not.toContain('Ada');
    await gone.deliveries.close();
    closing.pop();
    const { url, received } = await receiver(() => 200);
    await deliver(url);
    await expect.poll(() => received.map(({ event }) => event.person)).toEqual(['Ada']);
  });
});
