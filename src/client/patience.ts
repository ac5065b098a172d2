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
