import type { Logger } from '../shared/logger.js';
import type { CameraEvent } from './event.js';

/** In the JSON of the API. */
export const RECEIVER_KINDS = ['webhook', 'mqtt'] as const;

/** A receiver of events outside the server: a webhook, or one that a plugin provides. */
export interface EventReceiver {
  readonly id: string;
  readonly kind: (typeof RECEIVER_KINDS)[number];
  /** Scheme, host and port. */
  readonly target: string;
  /** Name of its outbox below `.state/outbox/`. */
  readonly folder: string;
  /** Why there is no connection, a sentence; null while connected; undefined for a receiver without a lasting connection. */
  readonly connectionError?: string | null;
  /** Undefined for a receiver without a lasting connection. */
  readonly isConnected?: boolean;
  accepts(event: CameraEvent): boolean;
  /** @throws DeliveryFailure */
  send(outgoing: OutgoingEvent, signal: AbortSignal): Promise<void>;
  /** Called after each event and after each change of names: state that the receiver keeps may be out of date. */
  update?(): unknown;
  close?(): Promise<void>;
}

/** An event as it is sent. */
export interface OutgoingEvent {
  readonly event: CameraEvent;
  /** Whether it may have arrived before: the reply was lost, or the server was stopped. */
  readonly isRepeated: boolean;
}

/**
 * `unsent`: there was no connection. `unanswered`: no answer came, so the event may have arrived. `answered`: the receiver
 * reported an error. `refused`: the receiver will never accept this event.
 */
export type FailureKind = 'unsent' | 'unanswered' | 'answered' | 'refused';

/** The message is a sentence for people and contains no addresses, secrets or names. */
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

/** Opens a receiver when deliveries start. */
export type OpenReceiver = (parts: ReceiverParts) => EventReceiver;

export interface ReceiverParts {
  readonly cameras: () => readonly CameraPresence[];
  readonly isEnrolled: (name: string) => boolean;
  readonly log: Logger;
}

/** A camera and the people in front of it. */
export interface CameraPresence {
  readonly id: string;
  readonly name: string;
  readonly isLive: boolean;
  /** Names of the people who are there; null for each unknown face. */
  readonly people: readonly (string | null)[];
}
