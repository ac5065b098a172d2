import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../shared/logger.js';
import { DeliveryFailure, failureOf, type Sending } from '../../events/delivery/delivery.js';
import { MqttLink } from './mqtt-link.js';
import { type MqttSettings, OFFLINE, type Topics, topicsOf } from './topics.js';
import type { CameraPresence } from '../../cameras/cameras.js';
import { retainedFor } from './retained.js';

export interface MqttPublisherParts {
  readonly settings: MqttSettings;
  readonly cameras: () => readonly CameraPresence[];
  readonly isEnrolled: (name: string) => boolean;
  readonly log: Logger;
}

/** Retained state is compared with the world so often, and after each event. */
const TICK_MS = 2000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Keeps what a broker retains in step with what the cameras see, and sends events while it is connected. */
export class MqttPublisher {
  private readonly topics: Topics;
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;
  private link: MqttLink | null = null;
  /** What the broker retains, as far as it is known: topic -> payload. */
  private retained = new Map<string, string>();
  /** Whoever was seen since the server runs, or the broker knows from before. */
  private readonly people = new Set<string>();
  private turn: Promise<void> = Promise.resolve();
  /** Why there is no connection, in a sentence; null while there is one. */
  error: string | null = null;

  constructor(private readonly parts: MqttPublisherParts) {
    this.topics = topicsOf(parts.settings);
    this.running = this.run(this.stopped.signal);
  }

  /** @throws DeliveryFailure */
  async send({ event, isRepeated }: Sending): Promise<void> {
    const { link } = this;
    if (!link?.isOpen) throw new DeliveryFailure('unsent', this.error ?? 'The broker is being connected.');
    if (event.person !== null) this.people.add(event.person);
    const payload = { event_type: event.type, ...event, repeated: isRepeated };
    await link.publish(this.topics.camera(event.camera).events, JSON.stringify(payload), false);
    void this.update();
  }

  /** Publishes what has changed; nothing without a connection. */
  update(): Promise<void> {
    this.turn = this.turn.then(() => this.publishChanges()).catch(() => undefined);
    return this.turn;
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.link?.publish(this.topics.status, OFFLINE, true).catch(() => undefined);
    this.link?.close();
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const isStopped = () => signal.aborted;
    for (let failures = 0; !isStopped();) {
      const reason = await this.connect(signal).catch((error: unknown) => failureOf(error).message);
      const wasOpen = this.link !== null;
      this.link = null;
      if (isStopped()) return;
      if (this.error !== reason) this.parts.log.warn({ receiver: 'mqtt', reason }, 'the broker is gone');
      this.error = reason;
      failures = wasOpen ? 1 : failures + 1;
      const wait = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS) * (1 - Math.random() / 4);
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** @returns why the connection has ended */
  private async connect(signal: AbortSignal): Promise<string> {
    const { settings, log } = this.parts;
    this.retained = new Map();
    const link = await MqttLink.open(settings, this.topics.status, (topic, payload) => this.learn(topic, payload));
    if (signal.aborted) link.close();
    await link.subscribe(this.topics.retained);
    this.link = link;
    this.error = null;
    log.info({ receiver: 'mqtt' }, 'the broker is connected');
    const ticker = setInterval(() => void this.update(), TICK_MS).unref();
    void this.update();
    const reason = await link.ended;
    clearInterval(ticker);
    return reason;
  }

  /** Something that an earlier run of the server left there, or the last will of a connection of ours that the broker has missed only now. */
  private learn(topic: string, payload: string): void {
    if (payload === '') return;
    this.retained.set(topic, payload);
    if (topic === this.topics.status && payload === OFFLINE) void this.update();
    const name = nameIn(payload);
    if (name !== null && topic === this.topics.person(name)) this.people.add(name);
  }

  private async publishChanges(): Promise<void> {
    const { cameras, isEnrolled, settings } = this.parts;
    const { link } = this;
    if (link === null || this.stopped.signal.aborted) return;
    for (const name of this.people) if (!isEnrolled(name)) this.people.delete(name);
    const world = { cameras: cameras(), people: [...this.people] };
    const wanted = retainedFor(world, this.topics, settings.discovery !== null);
    for (const topic of [...this.retained.keys()]) if (!wanted.has(topic)) await this.retain(link, topic, '');
    for (const [topic, payload] of wanted) {
      if (this.retained.get(topic) !== payload) await this.retain(link, topic, payload);
    }
  }

  /** Nothing at all takes a retained message away. A link that fails to publish is closed, and the next one learns anew. */
  private async retain(link: MqttLink, topic: string, payload: string): Promise<void> {
    // Before it is sent: what is heard meanwhile is newer.
    if (payload === '') this.retained.delete(topic);
    else this.retained.set(topic, payload);
    await link.publish(topic, payload, true);
  }
}

function nameIn(payload: string): string | null {
  try {
    const { name } = JSON.parse(payload) as { name?: unknown };
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}
