import type { ApiErrorCode, DetailsOf } from './error-details.js';

export interface ErrorFacts {
  readonly status?: number | undefined;
  readonly details?: object | undefined;
  readonly requestId?: string | null | undefined;
  readonly retryAfterSeconds?: number | null | undefined;
  readonly cause?: unknown;
}

/**
 * Whatever a call fails with, but for what is the caller's own: the reason of their signal, the failure of a stream that they send, a
 * `TypeError` where there is no WebSocket. `is` narrows
 * the type of `details`.
 */
export class RostroApiError extends Error {
  override readonly name = 'RostroApiError';
  /** Stable; to branch on. */
  readonly code: ApiErrorCode;
  /** Of HTTP; 0 where there was no reply. */
  readonly status: number;
  /** Facts, such as the boxes of the faces that were found; empty where there are none. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The server's log knows the request by it. */
  readonly requestId: string | null;
  /** How long the server asks to wait. */
  readonly retryAfterSeconds: number | null;

  /** @param message a sentence, English, for people */
  constructor(code: ApiErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.details = { ...facts.details };
    this.requestId = facts.requestId ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }

  /** Whether it is of this code, to the compiler too: `if (error.is('several_faces')) error.details.faces`. */
  is<Code extends ApiErrorCode>(code: Code): this is FailureWith<Code> {
    return this.code === code;
  }
}

/** A failure of one code, whose details are known. */
export type FailureWith<Code extends ApiErrorCode> = RostroApiError & {
  readonly code: Code;
  readonly details: DetailsOf<Code>;
};
