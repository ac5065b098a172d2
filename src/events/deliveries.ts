import { join } from 'node:path';
import { RostroError } from '../shared/errors.js';
import type { CameraEvent, NameRedactor } from './event.js';
import type { EventHub } from './event-hub.js';
import { Delivery, type DeliveryStatus } from './delivery.js';
import { logFailure, Outbox, type OutboxesParts, redactOutboxes, removeIncompleteFiles } from './outbox.js';
import { OUTBOX_FOLDER } from './queued-events.js';
import type { EventReceiver, OpenReceiver, ReceiverParts } from './receiver.js';

export interface DeliveriesParts extends OutboxesParts, ReceiverParts {
  readonly events: EventHub;
  /** Pause before the second attempt. Default: 1000. */
  readonly firstRetryMs?: number;
}

export interface ReceiverStatus extends DeliveryStatus, Pick<EventReceiver, 'kind' | 'target'> {
  /** Null for a receiver without a lasting connection. */
  readonly connected: boolean | null;
}

interface Active {
  readonly receiver: EventReceiver;
  readonly delivery: Delivery;
}

/** Sends events to all receivers. */
export class Deliveries implements NameRedactor {
  private readonly active: Active[] = [];
  private stopListening: () => void = () => undefined;

  constructor(private readonly parts: DeliveriesParts) {}

  get status(): ReceiverStatus[] {
    return this.active.map(({ receiver, delivery }) => {
      const { kind, target, connectionError, isConnected } = receiver;
      const { error, ...status } = delivery.status;
      return { kind, target, ...status, error: connectionError ?? error, connected: isConnected ?? null };
    });
  }

  /** @throws RostroError `storage_failed` */
  async start(receivers: readonly OpenReceiver[]): Promise<void> {
    const { events, isEnrolled, log, stateDir } = this.parts;
    await removeIncompleteFiles(stateDir).catch(() => log.warn({}, 'incomplete event files could not be removed'));
    for (const open of receivers) this.active.push(await this.activate(open(this.parts)));
    await this.redactNames(isEnrolled);
    this.stopListening = events.subscribe((event) => this.add(event));
  }

  /** Sends a receiver's dead letters again. @returns how many @throws RostroError `receiver_not_found`, `storage_failed` */
  retry(id: string): Promise<number> {
    const found = this.active.find(({ receiver }) => receiver.id === id);
    if (found) return found.delivery.retry();
    throw new RostroError('receiver_not_found', `No receiver of events is called "${id}".`);
  }

  /** Includes the outboxes of receivers that are no longer configured. A failure is logged and does not stop the rest. */
  async redactNames(isEnrolled: (name: string) => boolean): Promise<void> {
    for (const { delivery } of this.active) await logFailure(this.parts.log, delivery.redactNames(isEnrolled));
    const open = new Set(this.active.map(({ receiver }) => receiver.folder));
    await redactOutboxes(this.parts, isEnrolled, open);
    this.update();
  }

  async close(): Promise<void> {
    this.stopListening();
    await Promise.all(this.active.map(({ delivery }) => delivery.close()));
    await Promise.all(this.active.map(async ({ receiver }) => receiver.close?.()));
  }

  private async activate(receiver: EventReceiver): Promise<Active> {
    const { stateDir, vault, log, firstRetryMs } = this.parts;
    const { id, folder } = receiver;
    try {
      const outbox = await Outbox.open(join(stateDir, OUTBOX_FOLDER, folder), vault);
      if (outbox.unreadable > 0) log.warn({ receiver: id, files: outbox.unreadable }, 'events cannot be read');
      return { receiver, delivery: new Delivery({ receiver, outbox, log, firstRetryMs }) };
    } catch (error) {
      await receiver.close?.();
      throw error;
    }
  }

  private add(event: CameraEvent): void {
    for (const { delivery } of this.active) delivery.enqueue(event);
    this.update();
  }

  private update(): void {
    for (const { receiver } of this.active) void receiver.update?.();
  }
}
