import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../shared/logger.js';
import type { CameraEvent } from './event.js';
import type { QueuedEvent } from './queued-events.js';
import type { Outbox } from './outbox.js';
import { type DeliveryFailure, type EventReceiver, failureOf } from './receiver.js';

export interface DeliveryParts {
  readonly receiver: Pick<EventReceiver, 'id' | 'accepts' | 'send'>;
  readonly outbox: Outbox;
  readonly log: Logger;
  /** Pause before the second attempt; doubles with each attempt. Default: 1000. */
  readonly firstRetryMs?: number;
}

export interface DeliveryStatus {
  readonly id: string;
  /** `waiting`: until the next attempt. */
  readonly state: 'idle' | 'sending' | 'waiting' | 'stopped';
  readonly waiting: number;
  readonly delivered: number;
  /** Number of dead letters. */
  readonly dead: number;
  /** Why the last attempt failed; null after a success. */
  readonly error: string | null;
  readonly lastDeliveredAt: string | null;
}

const MAX_RETRY_MS = 60_000;
/** Error replies to one event until it becomes a dead letter: it must not block the events behind it for ever. */
const MAX_ERROR_REPLIES = 10;
/** Older events become dead letters at the next failure. */
const MAX_AGE_MS = 24 * 3600 * 1000;

/** Sends the events of one outbox to its receiver, one at a time and in order. */
export class Delivery {
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;
  private wake: () => void = () => undefined;
  private state: DeliveryStatus['state'] = 'idle';
  private delivered = 0;
  private error: string | null = null;
  private lastDeliveredAt: Date | null = null;

  constructor(private readonly parts: DeliveryParts) {
    this.running = this.run(this.stopped.signal);
  }

  get status(): DeliveryStatus {
    const { receiver, outbox } = this.parts;
    return {
      id: receiver.id,
      state: this.state,
      waiting: outbox.waiting,
      delivered: this.delivered,
      dead: outbox.dead.length,
      error: this.error,
      lastDeliveredAt: this.lastDeliveredAt?.toISOString() ?? null,
    };
  }

  enqueue(event: CameraEvent): void {
    const { receiver, outbox, log } = this.parts;
    if (!receiver.accepts(event)) return;
    outbox
      .add(event)
      .catch(() => log.error({ receiver: receiver.id }, 'an event could not be kept; a stop would lose it'));
    this.wake();
  }

  /** Queues the dead letters again. @returns how many @throws RostroError `storage_failed` */
  async retry(): Promise<number> {
    try {
      return await this.parts.outbox.retry();
    } finally {
      this.wake();
    }
  }

  redactNames(isEnrolled: (name: string) => boolean): Promise<void> {
    return this.parts.outbox.redactNames(isEnrolled);
  }

  async close(): Promise<void> {
    this.stopped.abort();
    this.wake();
    await this.running;
    await this.parts.outbox.close();
    this.state = 'stopped';
  }

  private async run(signal: AbortSignal): Promise<void> {
    const isStopped = () => signal.aborted;
    while (!isStopped()) {
      const { first } = this.parts.outbox;
      if (first) await this.deliver(first, signal);
      else await this.waitForEvent();
    }
  }

  private async waitForEvent(): Promise<void> {
    this.state = 'idle';
    await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** Sends one event until it arrives or becomes a dead letter. */
  private async deliver(queued: QueuedEvent, signal: AbortSignal): Promise<void> {
    const { outbox } = this.parts;
    let errorReplies = 0;
    let isRepeated = outbox.mayBeDelivered(queued);
    for (let attempts = 1; !signal.aborted; attempts++) {
      // Since the last attempt its name may have been removed, or it may have left the queue.
      const now = outbox.first;
      if (now?.place !== queued.place) return;
      const failure = await this.attempt(now, isRepeated, signal);
      if (failure === null) return;
      if (failure.kind !== 'unsent') isRepeated = true;
      if (failure.kind === 'answered') errorReplies++;
      if (isPermanent(failure, errorReplies, queued)) return this.deadLetter(queued, failure);
      await this.pause(attempts, signal);
    }
  }

  private async attempt(
    queued: QueuedEvent,
    isRepeated: boolean,
    signal: AbortSignal,
  ): Promise<DeliveryFailure | null> {
    this.state = 'sending';
    try {
      await this.parts.receiver.send({ event: queued.event, isRepeated }, signal);
    } catch (error) {
      const failure = failureOf(error);
      if (this.error !== failure.message && !signal.aborted) {
        this.parts.log.warn({ receiver: this.parts.receiver.id, reason: failure.message }, 'an event did not arrive');
      }
      this.error = failure.message;
      return failure;
    }
    this.state = 'idle';
    this.delivered++;
    this.error = null;
    this.lastDeliveredAt = new Date();
    await this.parts.outbox.remove(queued).catch(() => undefined);
    return null;
  }

  private async deadLetter(queued: QueuedEvent, { message }: DeliveryFailure): Promise<void> {
    const { receiver, outbox, log } = this.parts;
    log.warn({ receiver: receiver.id, reason: message }, 'an event was given up');
    await outbox.deadLetter(queued, message).catch(() => outbox.remove(queued).catch(() => undefined));
  }

  private async pause(attempts: number, signal: AbortSignal): Promise<void> {
    this.state = 'waiting';
    const full = Math.min((this.parts.firstRetryMs ?? 1000) * 2 ** (attempts - 1), MAX_RETRY_MS);
    await sleep(full * (0.75 + Math.random() / 4), undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function isPermanent({ kind }: DeliveryFailure, errorReplies: number, { event }: QueuedEvent): boolean {
  return kind === 'refused' || errorReplies >= MAX_ERROR_REPLIES || Date.now() - Date.parse(event.at) > MAX_AGE_MS;
}
