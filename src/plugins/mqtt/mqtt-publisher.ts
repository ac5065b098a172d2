import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeliveryFailure,
  type EventReceiver,
  failureOf,
  type ReceiverParts,
  type OutgoingEvent,
} from '../../events/receiver.js';
import { MqttConnection } from './mqtt-connection.js';
import { brokerOrigin, type MqttSettings, OFFLINE, type Topics, topicsOf } from './topics.js';
import { retainedFor } from './retained.js';
import { SerialQueue } from '../../shared/queue.js';

/** How often the retained messages are compared with the cameras, besides after each event. */
const TICK_MS = 2000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const UNREADABLE =
  'the broker does not let the server subscribe to its own topics: events are sent, but retained messages of an earlier run stay; let its user read the topics that it writes';

/** Sends events to a broker while it is connected, and keeps its retained messages up to date. */
export class MqttPublisher implements EventReceiver {
  readonly id = 'mqtt';
  readonly kind = 'mqtt';
  readonly folder = 'mqtt';
  readonly target: string;
  connectionError: string | null = null;
  private readonly topics: Topics;
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;
  private connection: MqttConnection | null = null;
  /** The known retained messages of the broker: topic -> payload. */
  private retained = new Map<string, string>();
  /** People seen since the start of the server, and people in messages that the broker has retained from before. */
  private readonly people = new Set<string>();
  private readonly updates = new SerialQueue();
  /** Whether the next connection subscribes. */
  private subscribesNext = true;
  private mayRead = true;

  constructor(
    private readonly settings: MqttSettings,
    private readonly parts: ReceiverParts,
  ) {
    this.target = brokerOrigin(settings);
    this.topics = topicsOf(settings);
    this.running = this.run(this.stopped.signal);
  }

  get isConnected(): boolean {
    return this.connection?.isOpen ?? false;
  }

  accepts(): boolean {
    return true;
  }

  /** @throws DeliveryFailure */
  async send({ event, isRepeated }: OutgoingEvent): Promise<void> {
    const { connection } = this;
    if (!connection?.isOpen) {
      throw new DeliveryFailure('unsent', this.connectionError ?? 'The broker is being connected.');
    }
    if (event.person !== null) this.people.add(event.person);
    const payload = { event_type: event.type, ...event, repeated: isRepeated };
    await connection.publish(this.topics.camera(event.camera).events, JSON.stringify(payload), false);
    void this.update();
  }

  /** Publishes the retained messages that have changed; does nothing without a connection. */
  update(): Promise<void> {
    return this.updates.run(() => this.publishChanges()).catch(() => undefined);
  }

  /** Publishes that the server is offline, and disconnects. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.connection?.publish(this.topics.status, OFFLINE, true).catch(() => undefined);
    this.connection?.close();
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const isStopped = () => signal.aborted;
    for (let failures = 0; !isStopped();) {
      const reason = await this.connect(signal).catch((error: unknown) => failureOf(error).message);
      const wasOpen = this.connection !== null;
      this.connection = null;
      if (isStopped()) return;
      if (this.connectionError !== reason) this.parts.log.warn({ receiver: 'mqtt', reason }, 'the broker is gone');
      this.connectionError = reason;
      failures = wasOpen ? 1 : failures + 1;
      const wait = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS) * (1 - Math.random() / 4);
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Stays connected as long as possible. @returns why the connection has ended */
  private async connect(signal: AbortSignal): Promise<string> {
    const { log } = this.parts;
    this.retained = new Map();
    const { status, retained } = this.topics;
    const onState = (topic: string, payload: string) => this.readRetained(topic, payload);
    const connection = await MqttConnection.open(this.settings, status, onState);
    if (signal.aborted) connection.close();
    await this.subscribe(connection, retained);
    this.connection = connection;
    this.connectionError = null;
    log.info({ receiver: 'mqtt' }, 'the broker is connected');
    const ticker = setInterval(() => void this.update(), TICK_MS).unref();
    void this.update();
    const reason = await connection.ended;
    clearInterval(ticker);
    return reason;
  }

  /**
   * Reads what the broker has retained. A broker may deny that, also by ending the connection; the next connection does
   * without, because events need no subscription.
   */
  private async subscribe(connection: MqttConnection, topics: string[]): Promise<void> {
    const subscribes = this.subscribesNext;
    this.subscribesNext = false;
    const mayRead = subscribes && (await connection.subscribe(topics));
    this.subscribesNext = true;
    if (this.mayRead && !mayRead) this.parts.log.warn({ receiver: 'mqtt' }, UNREADABLE);
    this.mayRead = mayRead;
  }

  /** A message that an earlier run of the server left, or the late last will of an earlier connection. */
  private readRetained(topic: string, payload: string): void {
    if (payload === '') return;
    this.retained.set(topic, payload);
    if (topic === this.topics.status && payload === OFFLINE) void this.update();
    const name = nameIn(payload);
    if (name !== null && topic === this.topics.person(name)) this.people.add(name);
  }

  private async publishChanges(): Promise<void> {
    const { cameras, isEnrolled } = this.parts;
    const { connection } = this;
    if (connection === null || this.stopped.signal.aborted) return;
    for (const name of this.people) if (!isEnrolled(name)) this.people.delete(name);
    const state = { cameras: cameras(), people: [...this.people] };
    const wanted = retainedFor(state, this.topics, this.settings.discovery !== null);
    for (const topic of [...this.retained.keys()]) if (!wanted.has(topic)) await this.retain(connection, topic, '');
    for (const [topic, payload] of wanted) {
      if (this.retained.get(topic) !== payload) await this.retain(connection, topic, payload);
    }
  }

  /** An empty payload deletes a retained message. A connection that fails to publish is closed; the next one reads the state anew. */
  private async retain(connection: MqttConnection, topic: string, payload: string): Promise<void> {
    // Set before sending: a message that arrives meanwhile is newer.
    if (payload === '') this.retained.delete(topic);
    else this.retained.set(topic, payload);
    await connection.publish(topic, payload, true);
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
