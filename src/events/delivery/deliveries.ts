import { join } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import type { CameraEvent } from '../event.js';
import type { EventHub } from '../event-hub.js';
import type { KeepsNames } from '../keeps-names.js';
import { Delivery, type DeliveryParts, type DeliveryStatus } from './delivery.js';
import { keepNamesInOutboxes, orLog, type OutboxesParts, removeHalfWritten } from './outbox-files.js';
import { OUTBOX_FOLDER } from './letter-files.js';
import { MqttPublisher } from '../../plugins/mqtt/mqtt-publisher.js';
import { type MqttSettings, shownBroker } from '../../plugins/mqtt/topics.js';
import type { CameraPresence } from '../../cameras/cameras.js';
import { Outbox } from './outbox.js';
import { isWantedBy, postEvent, type WebhookSettings } from '../webhook.js';

export interface DeliveriesParts extends OutboxesParts {
  readonly events: EventHub;
  readonly cameras: () => readonly CameraPresence[];
  readonly isEnrolled: (name: string) => boolean;
  /** Before the second try. Default: a second. */
  readonly firstWaitMs?: number;
}

export interface ReceiverStatus extends DeliveryStatus {
  readonly kind: 'webhook' | 'mqtt';
  /** Scheme, host and port. */
  readonly target: string;
}

interface Receiver {
  readonly kind: ReceiverStatus['kind'];
  readonly target: string;
  readonly delivery: Delivery;
}

const MQTT = 'mqtt';

/** Brings events to everybody outside who is to hear of them; to nobody until it is started. */
export class Deliveries implements KeepsNames {
  private readonly receivers: Receiver[] = [];
  private publisher: MqttPublisher | null = null;
  private stopListening: () => void = () => undefined;

  constructor(private readonly parts: DeliveriesParts) {}

  get status(): ReceiverStatus[] {
    return this.receivers.map(({ kind, target, delivery }) => {
      const { error, ...status } = delivery.status;
      return { kind, target, ...status, error: kind === MQTT ? (this.publisher?.error ?? error) : error };
    });
  }

  /** @throws RostroError `storage_failed` */
  async start(webhooks: readonly WebhookSettings[], mqtt: MqttSettings | null): Promise<void> {
    const { stateDir, log } = this.parts;
    await removeHalfWritten(stateDir).catch(() => log.warn({}, 'events left half-written could not be removed'));
    for (const settings of webhooks) {
      const target = new URL(settings.url).origin;
      await this.add(`webhook-${settings.id}`, 'webhook', target, {
        id: settings.id,
        isWanted: isWantedBy(settings),
        send: (sending, signal) => postEvent(settings, sending, signal),
      });
    }
    if (mqtt !== null) await this.startMqtt(mqtt);
    await this.keepNames(this.parts.isEnrolled);
    this.stopListening = this.parts.events.listen((event) => this.take(event));
  }

  /** Tries events again that were given up. @returns how many @throws RostroError `receiver_not_found`, `storage_failed` */
  retry(id: string): Promise<number> {
    const receiver = this.receivers.find(({ delivery }) => delivery.status.id === id);
    if (receiver) return receiver.delivery.retry();
    throw new RostroError('receiver_not_found', `No receiver of events is called "${id}".`);
  }

  /** Also where a receiver was once, and has left something. What fails is logged, and holds nothing else up. */
  async keepNames(isEnrolled: (name: string) => boolean): Promise<void> {
    for (const { delivery } of this.receivers) await orLog(this.parts.log, delivery.keepNames(isEnrolled));
    const open = new Set(this.receivers.map(({ kind, delivery }) => folderOf(kind, delivery.status.id)));
    await keepNamesInOutboxes(this.parts, isEnrolled, open);
    void this.publisher?.update();
  }

  async close(): Promise<void> {
    this.stopListening();
    await Promise.all(this.receivers.map(({ delivery }) => delivery.close()));
    await this.publisher?.close();
  }

  private async startMqtt(settings: MqttSettings): Promise<void> {
    const publisher = new MqttPublisher({ ...this.parts, settings });
    this.publisher = publisher;
    await this.add(MQTT, MQTT, shownBroker(settings), {
      id: MQTT,
      isWanted: () => true,
      send: (sending) => publisher.send(sending),
    });
  }

  private async add(
    folder: string,
    kind: Receiver['kind'],
    target: string,
    parts: Pick<DeliveryParts, 'id' | 'isWanted' | 'send'>,
  ): Promise<void> {
    const { stateDir, vault, log, firstWaitMs } = this.parts;
    const outbox = await Outbox.open(join(stateDir, OUTBOX_FOLDER, folder), vault);
    if (outbox.unreadable > 0) log.warn({ receiver: parts.id, files: outbox.unreadable }, 'events cannot be read');
    this.receivers.push({ kind, target, delivery: new Delivery({ ...parts, outbox, log, firstWaitMs }) });
  }

  private take(event: CameraEvent): void {
    for (const { delivery } of this.receivers) delivery.take(event);
    void this.publisher?.update();
  }
}

function folderOf(kind: Receiver['kind'], id: string): string {
  return kind === MQTT ? MQTT : `${kind}-${id}`;
}
