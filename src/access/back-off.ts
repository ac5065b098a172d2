interface Failures {
  readonly count: number;
  readonly at: number;
}

/** Failures without a delay. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const FORGET_AFTER_MS = 15 * 60 * 1000;
const MAX_ADDRESSES = 10_000;

/** Delays an address after wrong keys: twice as long with each failure, at most a minute. */
export class BackOff {
  /** By address, oldest first. */
  private readonly failures = new Map<string, Failures>();

  constructor(private readonly now: () => number = Date.now) {}

  /** @returns milliseconds until the next attempt is allowed; 0 for now */
  waitMs(address: string): number {
    const failed = this.failures.get(address);
    if (!failed || failed.count < FREE_FAILURES) return 0;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (failed.count - FREE_FAILURES), LONGEST_WAIT_MS);
    return Math.max(0, failed.at + wait - this.now());
  }

  failed(address: string): void {
    const known = this.failures.get(address);
    const fresh = known && this.now() - known.at < FORGET_AFTER_MS ? known.count : 0;
    this.failures.delete(address);
    const [oldest] = this.failures.keys();
    if (this.failures.size >= MAX_ADDRESSES) this.failures.delete(oldest);
    this.failures.set(address, { count: fresh + 1, at: this.now() });
  }
}
