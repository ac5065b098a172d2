import mqtt, { type MqttClient } from 'mqtt';
import { DeliveryFailure } from '../../events/delivery/delivery.js';
import { type MqttSettings, OFFLINE } from './topics.js';

/** The broker has so long to take something. */
const TIMEOUT_MS = 10_000;
const QOS = 1;

/**
 * One connection to the broker, the only place that knows the client. It is never mended: what was not taken when it
 * breaks has failed, and a new one is made, so that nothing is sent twice behind our back.
 */
export class MqttLink {
  /** Resolves when the connection has ended, with the reason in a sentence. */
  readonly ended: Promise<string>;
  private failure: string | null = null;

  private constructor(private readonly client: MqttClient) {
    client.on('error', (error) => (this.failure = reasonOf(error)));
    this.ended = new Promise((resolve) =>
      client.once('close', () => resolve(this.failure ?? 'The broker has ended the connection.')),
    );
  }

  /**
   * @param statusTopic where the broker says `offline` when we are gone
   * @param onState what the broker keeps in the topics that are subscribed; for `statusTopic` also what comes later
   * @throws DeliveryFailure
   */
  static async open(
    { url }: MqttSettings,
    statusTopic: string,
    onState: (topic: string, payload: string) => void,
  ): Promise<MqttLink> {
    const will = { topic: statusTopic, payload: Buffer.from(OFFLINE), qos: QOS, retain: true } as const;
    const client = mqtt.connect(url, { will, reconnectPeriod: 0, connectTimeout: TIMEOUT_MS, clean: true });
    client.on('message', (topic, payload, { retain }) => {
      if (retain || topic === statusTopic) onState(topic, payload.toString());
    });
    const link = new MqttLink(client);
    const connected = new Promise<null>((resolve) => client.once('connect', () => resolve(null)));
    const reason = await Promise.race([connected, link.ended]);
    if (reason === null) return link;
    link.close();
    throw new DeliveryFailure('unsent', reason);
  }

  get isOpen(): boolean {
    return this.client.connected;
  }

  /** Waits until the broker has it. @throws DeliveryFailure */
  async publish(topic: string, payload: string, retain: boolean): Promise<void> {
    await this.taken(this.client.publishAsync(topic, payload, { qos: QOS, retain }));
  }

  /** @throws DeliveryFailure */
  async subscribe(topics: string[]): Promise<void> {
    await this.taken(this.client.subscribeAsync(topics, { qos: QOS }));
  }

  close(): void {
    this.client.end(true);
  }

  private async taken(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, TIMEOUT_MS, 'The broker does not answer.');
    });
    const done = work.then(
      () => null,
      (error: unknown) => reasonOf(error as Error),
    );
    const reason = await Promise.race([done, this.ended, late]);
    clearTimeout(timer);
    if (reason === null) return;
    this.close();
    throw new DeliveryFailure('unanswered', reason);
  }
}

/** Its words may hold the address. */
function reasonOf(error: Error & { code?: unknown }): string {
  if (error.code === 4 || error.code === 5 || error.code === 134 || error.code === 135) {
    return 'The broker wants another user name or password.';
  }
  return typeof error.code === 'string'
    ? `The broker cannot be reached: ${error.code}.`
    : 'The broker cannot be reached.';
}
