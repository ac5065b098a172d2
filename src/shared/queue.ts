/** Runs tasks one at a time, in the order of the calls. A task that fails does not stop the next one. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();

  /**
   * @param signal aborts the waiting; a task that has started is not stopped
   * @throws what the task throws; the signal's reason
   */
  run<T>(task: () => T | PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    if (!signal) return this.add(task);
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      const startUnlessAborted = () => {
        signal.removeEventListener('abort', onAbort);
        signal.throwIfAborted();
        return task();
      };
      this.add(startUnlessAborted).then(resolve, reject);
    });
  }

  /** Resolves when all tasks that have been added so far have ended; never rejects. */
  async idle(): Promise<void> {
    await this.last;
  }

  private add<T>(task: () => T | PromiseLike<T>): Promise<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }
}

interface SizedTask {
  readonly size: number;
  readonly start: () => void;
}

/** Runs tasks side by side while the sum of their sizes stays within a limit, in the order of the calls. */
export class SizedQueue {
  private taken = 0;
  private readonly waiting: SizedTask[] = [];

  constructor(private readonly limit: number) {}

  /** @param size beyond the limit, the task runs alone */
  async run<T>(size: number, task: () => Promise<T>): Promise<T> {
    const share = Math.min(size, this.limit);
    await new Promise<void>((start) => {
      this.waiting.push({ size: share, start });
      this.serve();
    });
    try {
      return await task();
    } finally {
      this.taken -= share;
      this.serve();
    }
  }

  private serve(): void {
    while (this.waiting.length > 0 && this.taken + this.waiting[0].size <= this.limit) {
      const { size, start } = this.waiting.shift()!;
      this.taken += size;
      start();
    }
  }
}

/**
 * Runs `work` for each item, for at most `limit` items at a time; items are taken from the iterable only when their work
 * starts. When the signal is aborted or a call of `work` fails, no more items are taken; calls under way are awaited.
 * @throws the error of the first call that failed
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const source = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const runLane = async (): Promise<void> => {
    while (errors.length === 0 && !signal?.aborted) {
      const next = source.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, runLane));
  if (errors.length > 0) throw errors[0];
}

/**
 * Loads something at the first call. Calls during the loading and after it get the same result; after a failure the next
 * call tries again.
 */
export function onFirstUse<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () =>
    (loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    }));
}
