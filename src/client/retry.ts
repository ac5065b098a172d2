import type { ApiErrorCode, RostroApiError } from './error.js';
import type { Retries } from './options.js';

/**
 * What repeating a request does:
 * - `reads`: nothing is kept of it: every GET, and POST /recognize, /detect, /verify and /export;
 * - `changes`: twice is not the same as once, or its second answer would say that there is nothing to do: an enrolment makes
 *   another example, a deletion finds nobody;
 * - `once`: it is not repeated whatever it is answered: a login counts wrong keys.
 */
export type Repeat = 'reads' | 'changes' | 'once';

/**
 * The server refuses with these (503) before anything is changed: the line is full, the networks are being loaded, the photo
 * was lost or waited too long before it was looked at. `database_unreachable` is not one: a change may have been made.
 */
const NOTHING_DONE: ReadonlySet<ApiErrorCode> = new Set(['busy', 'not_ready', 'worker_restarted', 'deadline_exceeded']);
/** Of reads, because they may pass. `camera_not_live` and `gallery_locked` do not within seconds. */
const MAY_PASS: ReadonlySet<ApiErrorCode> = new Set(['unreachable', 'database_unreachable']);
/** Of a proxy. */
const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

const TOO_MANY = 429;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
/** So that clients that were sent away together do not come back together: of the pause, and at most. */
const SPREAD = 0.25;
const LONGEST_SPREAD_MS = 5000;

/** Whether the request may be sent again after this; it says nothing of how often. */
export function isSafeToRepeat({ code, status }: RostroApiError, repeat: Repeat): boolean {
  if (repeat === 'once') return false;
  if (status === TOO_MANY || NOTHING_DONE.has(code)) return true;
  return repeat === 'reads' && (MAY_PASS.has(code) || (code === 'bad_reply' && GATEWAY.has(status)));
}

/** @param made times that it was sent again already */
export function isWanted(retries: Retries, error: RostroApiError, made: number): boolean {
  return typeof retries === 'number' ? made < retries : retries(error, made);
}

/** As long as the server asks for, never less; else longer each time. */
export function waitMs({ retryAfterSeconds }: RostroApiError, made: number, random = Math.random): number {
  if (retryAfterSeconds !== null) {
    const asked = retryAfterSeconds * 1000;
    return asked + Math.min(asked * SPREAD, LONGEST_SPREAD_MS) * random();
  }
  return Math.min(FIRST_WAIT_MS * 2 ** made, LONGEST_WAIT_MS) * (0.5 + 0.5 * random());
}

/** `setTimeout` takes no more: beyond it, it fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** How long a call may still take: until its time is up or its caller gives up. */
export class Patience {
  private readonly controller = new AbortController();
  private readonly deadline: number;
  private readonly timer: ReturnType<typeof setTimeout> | undefined;
  private readonly abort = (): void => this.controller.abort(this.outer!.reason);
  /** Its time was up. */
  isOver = false;

  /** @param outer of the caller @throws the signal's reason where it is aborted already */
  constructor(
    timeoutMs: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    outer?.throwIfAborted();
    outer?.addEventListener('abort', this.abort);
    this.deadline = performance.now() + timeoutMs;
    if (timeoutMs > LONGEST_MS) return;
    this.timer = setTimeout(() => {
      this.isOver = true;
      this.controller.abort();
    }, timeoutMs);
  }

  /** Aborted at the end of either. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get leftMs(): number {
    return this.deadline - performance.now();
  }

  /** From now on only the caller ends it. */
  stopClock(): void {
    clearTimeout(this.timer);
  }

  end(): void {
    this.stopClock();
    this.outer?.removeEventListener('abort', this.abort);
  }

  /** @throws the caller's reason; whatever else ends the pause is told by `isOver` */
  async pause(ms: number): Promise<void> {
    const { signal } = this;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, LONGEST_MS));
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
    this.outer?.throwIfAborted();
  }
}
