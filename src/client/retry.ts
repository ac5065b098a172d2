import type { ApiErrorCode, RostroApiError } from './error.js';
import type { Retries } from './options.js';

/**
 * When a request may be repeated:
 * - `reads`: after any transient error, because it changes nothing: every GET, and POST /recognize, /detect, /verify, /export;
 * - `changes`: only if the server did not process it: a second enrolment makes another example, a second deletion fails;
 * - `once`: never: a login counts wrong keys.
 */
export type RetryMode = 'reads' | 'changes' | 'once';

/**
 * The server sends these errors (503) before it changes anything: the queue is full, the networks are loading, the photo was
 * lost or waited too long. `database_unreachable` is none of them: a change may have been made.
 */
const NOT_PROCESSED: ReadonlySet<ApiErrorCode> = new Set([
  'busy',
  'not_ready',
  'worker_restarted',
  'deadline_exceeded',
]);
/** Retried for reads. `camera_not_live` and `gallery_locked` do not pass within seconds. */
const TRANSIENT: ReadonlySet<ApiErrorCode> = new Set(['unreachable', 'database_unreachable']);
/** Status codes of a proxy. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

const TOO_MANY_REQUESTS = 429;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 8000;
/** Random share added to the delay, so that clients do not all return at once. */
const JITTER = 0.25;
const MAX_JITTER_MS = 5000;

/** Whether the request may be repeated after this error, regardless of the number of attempts. */
export function isRetryable({ code, status }: RostroApiError, mode: RetryMode): boolean {
  if (mode === 'once') return false;
  if (status === TOO_MANY_REQUESTS || NOT_PROCESSED.has(code)) return true;
  return mode === 'reads' && (TRANSIENT.has(code) || (code === 'bad_reply' && GATEWAY_STATUSES.has(status)));
}

/** @param made retries so far */
export function allowsRetry(retries: Retries, error: RostroApiError, made: number): boolean {
  return typeof retries === 'number' ? made < retries : retries(error, made);
}

/** At least the delay that the server asks for; else exponential backoff. */
export function retryDelayMs({ retryAfterSeconds }: RostroApiError, made: number, random = Math.random): number {
  if (retryAfterSeconds !== null) {
    const asked = retryAfterSeconds * 1000;
    return asked + Math.min(asked * JITTER, MAX_JITTER_MS) * random();
  }
  return Math.min(FIRST_DELAY_MS * 2 ** made, MAX_DELAY_MS) * (0.5 + 0.5 * random());
}

/** The maximum delay of `setTimeout`, which fires at once beyond it. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time limit of a call, combined with the caller's signal. */
export class CallTimeout {
  private readonly controller = new AbortController();
  private deadline = Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly abort = (): void => this.controller.abort(this.callerSignal!.reason);
  /** Whether the time limit has passed. */
  hasExpired = false;

  /** @throws the reason of `callerSignal` if it is already aborted */
  constructor(
    private readonly timeoutMs: number,
    private readonly callerSignal: AbortSignal | undefined,
  ) {
    callerSignal?.throwIfAborted();
    callerSignal?.addEventListener('abort', this.abort);
    this.restart();
  }

  /** The time begins again. */
  restart(): void {
    clearTimeout(this.timer);
    this.deadline = performance.now() + this.timeoutMs;
    if (this.timeoutMs > MAX_TIMER_MS || this.hasExpired) return;
    this.timer = setTimeout(() => {
      this.hasExpired = true;
      this.controller.abort();
    }, this.timeoutMs);
  }

  /** Aborted by the time limit or the caller. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get remainingMs(): number {
    return this.deadline - performance.now();
  }

  /** Removes the time limit; the caller's signal still counts. */
  stopTimer(): void {
    clearTimeout(this.timer);
  }

  dispose(): void {
    this.stopTimer();
    this.callerSignal?.removeEventListener('abort', this.abort);
  }

  /** Resolves early when the time limit passes: see `hasExpired`. @throws the caller's reason */
  async sleep(ms: number): Promise<void> {
    const { signal } = this;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, MAX_TIMER_MS));
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
    this.callerSignal?.throwIfAborted();
  }
}
