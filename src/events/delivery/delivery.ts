import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../shared/logger.js';
import type { CameraEvent } from '../event.js';
import type { Letter } from './letter-files.js';
import type { Outbox } from './outbox.js';

/**
 * Why something did not arrive: nothing was sent, because nobody was reached; no answer came, so that it may have arrived;
 * somebody answered that it went wrong; somebody answered that this will never be taken.
 */
export type FailureKind = 'unsent' | 'unanswered' | 'answered' | 'refused';

/** Its message is a sentence for people, without addresses, secrets or names. */
export class DeliveryFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DeliveryFailure';
  }
}

export function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  return new DeliveryFailure('unanswered', 'It could not be sent.', { cause: error });
}

/** An event as it is sent. */
export interface Sending {
  readonly event: CameraEvent;
  /** Whether it may have arrived before: its answer was lost, or the server was stopped. */
  readonly isRepeated: boolean;
}

export interface DeliveryParts {
  readonly id: string;
  readonly outbox: Outbox;
  readonly isWanted: (event: CameraEvent) => boolean;
  /** @throws DeliveryFailure */
  readonly send: (sending: Sending, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  /** Before the second try; doubled with each. Default: a second. */
  readonly firstWaitMs?: number;
}

export interface DeliveryStatus {
  readonly id: string;
  /** `waiting`: for the next try. */
  readonly state: 'idle' | 'sending' | 'waiting' | 'stopped';
  readonly waiting: number;
  readonly delivered: number;
  /** Events that were given up and are kept. */
  readonly dead: number;
  /** Why the last try failed; null once one has not. */
  readonly error: string | null;
  readonly lastDeliveredAt: string | null;
}

const LONGEST_WAIT_MS = 60_000;
/** A receiver that answers, but always that it went wrong, would hold up all others. */
const MAX_ANSWERS = 10;
/** Who was told later than that is not helped any more. */
const MAX_AGE_MS = 24 * 3600 * 1000;

/** Brings events to one receiver, in their order, the next one when the one before has arrived or was given up. */
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
    const { id, outbox } = this.parts;
    return {
      id,
      state: this.state,
      waiting: outbox.waiting,
      delivered: this.delivered,
      dead: outbox.dead.length,
      error: this.error,
      lastDeliveredAt: this.lastDeliveredAt?.toISOString() ?? null,
    };
  }

  take(event: CameraEvent): void {
    const { id, outbox, isWanted, log } = this.parts;
    if (!isWanted(event)) return;
    outbox.add(event).catch(() => log.error({ receiver: id }, 'an event could not be kept; a stop would lose it'));
    this.wake();
  }

  /** Tries those again that were given up. @returns how many @throws RostroError `storage_failed` */
  async retry(): Promise<number> {
    try {
      return await this.parts.outbox.retry();
    } finally {
      this.wake();
    }
  }

  keepNames(isEnrolled: (name: string) => boolean): Promise<void> {
    return this.parts.outbox.keepNames(isEnrolled);
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
      else await this.untilWoken();
    }
  }

  private async untilWoken(): Promise<void> {
    this.state = 'idle';
    await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** One letter, until it has arrived or is given up. */
  private async deliver(letter: Letter, signal: AbortSignal): Promise<void> {
    const { outbox } = this.parts;
    let answers = 0;
    let isRepeated = outbox.isOld(letter);
    for (let tries = 1; !signal.aborted; tries++) {
      // Somebody may have been erased, and the letter be another one, since the last try.
      const now = outbox.first;
      if (now?.place !== letter.place) return;
      const failure = await this.try(now, isRepeated, signal);
      if (failure === null) return;
      if (failure.kind !== 'unsent') isRepeated = true;
      if (failure.kind === 'answered') answers++;
      if (isHopeless(failure, answers, letter)) return this.giveUp(letter, failure);
      await this.pause(tries, signal);
    }
  }

  private async try(letter: Letter, isRepeated: boolean, signal: AbortSignal): Promise<DeliveryFailure | null> {
    this.state = 'sending';
    try {
      await this.parts.send({ event: letter.event, isRepeated }, signal);
    } catch (error) {
      const failure = failureOf(error);
      if (this.error !== failure.message && !signal.aborted) {
        this.parts.log.warn({ receiver: this.parts.id, reason: failure.message }, 'an event did not arrive');
      }
      this.error = failure.message;
      return failure;
    }
    this.state = 'idle';
    this.delivered++;
    this.error = null;
    this.lastDeliveredAt = new Date();
    await this.parts.outbox.remove(letter).catch(() => undefined);
    return null;
  }

  private async giveUp(letter: Letter, { message }: DeliveryFailure): Promise<void> {
    const { id, outbox, log } = this.parts;
    log.warn({ receiver: id, reason: message }, 'an event was given up');
    await outbox.giveUp(letter, message).catch(() => outbox.remove(letter).catch(() => undefined));
  }

  private async pause(tries: number, signal: AbortSignal): Promise<void> {
    this.state = 'waiting';
    const full = Math.min((this.parts.firstWaitMs ?? 1000) * 2 ** (tries - 1), LONGEST_WAIT_MS);
    await sleep(full * (0.75 + Math.random() / 4), undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function isHopeless({ kind }: DeliveryFailure, answers: number, { event }: Letter): boolean {
  return kind === 'refused' || answers >= MAX_ANSWERS || Date.now() - Date.parse(event.at) > MAX_AGE_MS;
}
