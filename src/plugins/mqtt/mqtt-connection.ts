import mqtt, { type MqttClient } from 'mqtt';
import { DeliveryFailure } from '../../events/receiver.js';
import { type MqttSettings, OFFLINE } from './topics.js';

/** For the broker to acknowledge a message. */
const TIMEOUT_MS = 10_000;
const QOS = 1;

/**
 * One connection to the broker; the only file that imports the MQTT client. It does not reconnect: messages that are not
 * acknowledged when it breaks have failed, so the client never sends a message twice by itself.
 */
export class MqttConnection {
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
   * @param statusTopic of the last will, `offline`
   * @param onState called with the retained messages of the subscribed topics; for `statusTopic` also with later messages
   * @throws DeliveryFailure
   */
  static async open(
    { url }: MqttSettings,
    statusTopic: string,
    onState: (topic: string, payload: string) => void,
  ): Promise<MqttConnection> {
    const will = { topic: statusTopic, payload: Buffer.from(OFFLINE), qos: QOS, retain: true } as const;
    const client = mqtt.connect(url, { will, reconnectPeriod: 0, connectTimeout: TIMEOUT_MS, clean: true });
    client.on('message', (topic, payload, { retain }) => {
      if (retain || topic === statusTopic) onState(topic, payload.toString());
    });
    const connection = new MqttConnection(client);
    const connected = new Promise<null>((resolve) => client.once('connect', () => resolve(null)));
    const reason = await Promise.race([connected, connection.ended]);
    if (reason === null) return connection;
    connection.close();
    throw new DeliveryFailure('unsent', reason);
  }

  get isOpen(): boolean {
    return this.client.connected;
  }

  /** Waits for the acknowledgement of the broker. @throws DeliveryFailure */
  async publish(topic: string, payload: string, retain: boolean): Promise<void> {
    await this.acknowledged(this.client.publishAsync(topic, payload, { qos: QOS, retain }));
  }

  /** @returns false where the broker denies any of them; the connection stays open then. @throws DeliveryFailure */
  async subscribe(topics: string[]): Promise<boolean> {
    const subscribed = this.client.subscribeAsync(topics, { qos: QOS }).then(
      () => true,
      (error: unknown) => {
        if (isDenial(error as Error)) return false;
        throw error;
      },
    );
    await this.acknowledged(subscribed);
    return subscribed;
  }

  close(): void {
    this.client.end(true);
  }

  private async acknowledged(work: Promise<unknown>): Promise<void> {
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

/** A reason code of SUBACK from 0x80 on is a failure. Source: MQTT 3.1.1, section 3.9.3; MQTT 5.0, section 3.9.3. */
function isDenial({ code }: Error & { code?: unknown }): boolean {
  return typeof code === 'number' && code >= 0x80;
}

/** The message of the error is not used: it may contain the address. */
function reasonOf(error: Error & { code?: unknown }): string {
  if (error.code === 4 || error.code === 5 || error.code === 134 || error.code === 135) {
    return 'The broker wants another user name or password.';
  }
  return typeof error.code === 'string'
    ? `The broker cannot be reached: ${error.code}.`
    : 'The broker cannot be reached.';
}
