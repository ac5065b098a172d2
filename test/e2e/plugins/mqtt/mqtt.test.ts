import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mqttPlugin } from '../../../../src/plugins/mqtt/plugin.js';
import type { MqttSettings } from '../../../../src/plugins/mqtt/topics.js';
import { cameraEventSchema } from '../../../../src/events/event.js';
import { hasMosquitto, Mosquitto, needsMosquitto, type MqttListener } from '../../../helpers/mosquitto.js';
import { deliveryFixture } from '../../../helpers/deliveries.js';
import { TcpRelay } from './tcp-relay.js';

/** What every entity of Home Assistant needs. */
const config = z.looseObject({
  unique_id: z.string(),
  name: z.string(),
  state_topic: z.string(),
  availability: z.array(z.object({ topic: z.string() })).min(1),
  device: z.object({ identifiers: z.array(z.string()).length(1), name: z.string() }),
});
const EVENTS = 'rostro/cameras/door/events';

describe.skipIf(!hasMosquitto)(`a broker${needsMosquitto}`, () => {
  let broker: Mosquitto;
  let fixture: Awaited<ReturnType<typeof deliveryFixture>>;
  const closing: { close(): Promise<void> }[] = [];

  beforeEach(async () => {
    [broker, fixture] = [await Mosquitto.create(), await deliveryFixture()];
    fixture.cameras.push({ id: 'door', name: 'Front door', isLive: true, people: ['Ada', null] });
  });
  afterEach(async () => {
    for (const one of closing.splice(0).reverse()) await one.close();
    await broker.remove();
    await fixture.remove();
  });

  async function start(more: Partial<MqttSettings> = {}) {
    const started = fixture.start();
    closing.push(started.deliveries);
    const settings = { url: broker.url, prefix: 'rostro', discovery: 'homeassistant', ...more };
    const receiver = await mqttPlugin.receiver!({ mqtt: settings });
    await started.deliveries.start([receiver!]);
    return { ...started, status: () => started.deliveries.status[0] };
  }

  async function listen(...topics: string[]): Promise<MqttListener> {
    const listener = await broker.listen(topics);
    closing.push(listener);
    return listener;
  }

  const sequencesIn = ({ heard }: MqttListener) =>
    heard
      .filter(({ topic }) => topic === EVENTS)
      .map(({ payload }) => JSON.parse(payload) as { sequence: number; repeated: boolean });

  it('gets every event in order, as JSON with event_type for Home Assistant', async () => {
    await broker.start();
    const listener = await listen('rostro/#');
    const { publish } = await start();
    const [event] = publish(20);
    await expect.poll(() => sequencesIn(listener).length).toBe(20);
    expect(sequencesIn(listener).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const first = listener.heard.find(({ topic }) => topic === EVENTS)!;
    const { event_type, repeated, ...rest } = JSON.parse(first.payload) as Record<string, unknown>;
    expect([event_type, repeated, first.retain]).toEqual(['appeared', false, false]);
    expect(cameraEventSchema.parse(rest)).toEqual(event);
  });

  it('retains who is there, and what Home Assistant is to make of it', async () => {
    await broker.start();
    const listener = await listen('rostro/#', 'homeassistant/#');
    const { publish } = await start();
    publish(1, 'Ada');
    await expect.poll(() => [...listener.now.values()].join()).toContain('"name":"Ada"');
    const json = (topic: string) => JSON.parse(listener.now.get(topic)!) as Record<string, unknown>;
    expect([listener.now.get('rostro/status'), listener.now.get('rostro/cameras/door/status')]).toEqual([
      'online',
      'online',
    ]);
    expect(json('rostro/cameras/door/present')).toEqual({ count: 2, unknown: 1, people: ['Ada'] });
    const configs = () => [...listener.now.keys()].filter((topic) => topic.startsWith('homeassistant/'));
    await expect.poll(configs).toHaveLength(5);
    for (const topic of configs()) {
      expect(topic).toMatch(/^homeassistant\/(binary_sensor|sensor|event)\/rostro\/[a-zA-Z0-9_-]+\/config$/);
      const { state_topic } = config.parse(json(topic));
      expect(listener.heard.map((message) => message.topic)).toContain(state_topic);
    }
    const ada = [...listener.now.keys()].find((topic) => topic.startsWith('rostro/people/'))!;
    expect(json(ada)).toEqual({ name: 'Ada', present: true, cameras: ['door'] });
    fixture.cameras[0] = { ...fixture.cameras[0], people: [], isLive: false };
    await expect.poll(() => json(ada)).toEqual({ name: 'Ada', present: false, cameras: [] });
    expect(listener.now.get('rostro/cameras/door/status')).toBe('offline');
  });

  it('forgets whoever is erased, and a camera that is gone, at once or when it is reached again', async () => {
    await broker.start();
    fixture.cameras.push({ id: 'yard', name: 'Yard', isLive: true, people: ['Bea'] });
    const listener = await listen('rostro/people/#', 'rostro/cameras/yard/#', 'homeassistant/#');
    const { publish, deliveries, isEnrolled } = await start();
    publish(1, 'Ada');
    publish(1, 'Bea');
    const told = () => [...listener.now.values()].join();
    await expect.poll(told).toMatch(/"Ada"[^]*"Bea"/);
    fixture.enrolled.delete('Ada');
    await deliveries.redactNames(isEnrolled);
    await expect.poll(told).not.toContain('Ada');
    expect(told()).toContain('Bea');
    await deliveries.close();
    closing.pop();
    fixture.enrolled.delete('Bea');
    expect(listener.now.get('rostro/cameras/yard/present')).toContain('Bea');
    fixture.cameras.pop();
    await start();
    await expect.poll(told).not.toContain('Bea');
    await expect.poll(() => [...listener.now.keys()].filter((topic) => topic.includes('yard'))).toEqual([]);
  });

  it('that is not there, or goes away, is said in the status; its events wait and arrive in order', async () => {
    const { publish, status } = await start();
    publish(2);
    await expect.poll(() => status().error).toBe('The broker cannot be reached: ECONNREFUSED.');
    expect(status()).toMatchObject({ kind: 'mqtt', target: broker.url, waiting: 2, connected: false });
    await broker.start();
    const listener = await listen('rostro/#');
    await expect.poll(() => status()).toMatchObject({ waiting: 0, error: null, connected: true });
    publish(5);
    await expect.poll(() => status().waiting).toBe(0);
    await broker.stop();
    publish(5);
    await expect.poll(() => status().error).not.toBeNull();
    await broker.start();
    await expect.poll(() => status()).toMatchObject({ waiting: 0, error: null, delivered: 12 });
    await expect.poll(() => sequencesIn(listener).at(-1)?.sequence).toBe(12);
    const heard = sequencesIn(listener).filter(({ repeated }) => !repeated);
    expect(new Set(heard.map(({ sequence }) => sequence)).size).toBe(heard.length);
    const all = sequencesIn(listener).map(({ sequence }) => sequence);
    expect(all).toEqual(all.toSorted((a, b) => a - b));
  });

  it('says that the server is gone when it ends', async () => {
    await broker.start();
    const listener = await listen('rostro/status');
    const { deliveries } = await start();
    await expect.poll(() => listener.now.get('rostro/status')).toBe('online');
    await deliveries.close();
    closing.pop();
    await expect.poll(() => listener.now.get('rostro/status')).toBe('offline');
  });

  it('says that the server is gone when it dies, but not because it misses an old connection late', async () => {
    await broker.start();
    const listener = await listen('rostro/status');
    const relay = await TcpRelay.before(broker.port);
    closing.push(relay);
    const { status } = await start({ url: `mqtt://127.0.0.1:${relay.port}` });
    const changes = () => listener.heard.map(({ payload }) => payload).filter((now, i, all) => now !== all[i - 1]);
    await expect.poll(changes).toEqual(['online']);
    relay.connections[0].server.destroy();
    await expect.poll(changes).toEqual(['online', 'offline']);
    relay.connections[0].client.destroy();
    await expect.poll(changes).toEqual(['online', 'offline', 'online']);
    relay.connections[1].client.destroy();
    await expect.poll(() => status().error).not.toBeNull();
    await expect.poll(() => status().error).toBeNull();
    relay.connections[1].server.destroy();
    await expect.poll(changes).toEqual(['online', 'offline', 'online', 'offline', 'online']);
  });

  describe('that lets the server write only', () => {
    const DYNAMIC = '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so';
    /** Of the plugin for dynamic security: anyone may send, and subscribe to topics of other programs only. */
    const roles = {
      defaultACLAccess: { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true },
      roles: [{ rolename: 'r', acls: [{ acltype: 'subscribePattern', topic: 'rostro/status', allow: false }] }],
      groups: [{ groupname: 'anonymous', roles: [{ rolename: 'r' }] }],
      anonymousGroup: 'anonymous',
    };
    const acl = 'topic write rostro/#\ntopic write homeassistant/#\n\nuser reader\ntopic read #\n';

    it.each([
      ['by an ACL file', [`acl_file FOLDER/acl`], { acl }, 'reader', true],
      ...(existsSync(DYNAMIC)
        ? ([
            [
              'and says so to a subscription',
              ['per_listener_settings false', `plugin ${DYNAMIC}`, 'plugin_opt_config_file FOLDER/roles.json'],
              { 'roles.json': JSON.stringify(roles) },
              undefined,
              false,
            ],
          ] as const)
        : []),
    ] as const)('%s gets every event', async (_how, access, files, user, isSilent) => {
      await broker.remove();
      broker = await Mosquitto.create(['allow_anonymous true', ...access], files);
      await broker.start();
      const listener = await broker.listen(['rostro/cameras/#', 'rostro/people/#'], user);
      closing.push(listener);
      const { publish, status } = await start();
      publish(3, 'Ada');
      await expect.poll(() => sequencesIn(listener).length).toBe(3);
      await expect.poll(() => status()).toMatchObject({ waiting: 0, error: null, delivered: 3 });
      await expect.poll(() => [...listener.now.values()].join()).toContain('"name":"Ada"');
      expect(fixture.logged.join().includes('does not let the server subscribe')).toBe(!isSilent);
    });
  });
});
