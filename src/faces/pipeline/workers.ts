import type { MessagePort } from 'node:worker_threads';
import { RostroError } from '../../shared/errors.js';
import { unwrap } from '../../shared/rpc.js';
import type { PipelineInfo, PipelineMethod, PipelineResult } from './pipeline.js';
import type { PipelineSpec } from './spec.js';
import type { PipelineCall } from './worker.js';
import { LONGEST_TIMER_MS, WorkerThread } from './threads.js';

export interface WorkerLimits {
  readonly workers: number;
  /** Photos that may wait for a worker; further ones are refused with `busy`. */
  readonly maxQueue: number;
  /** A worker that needs longer for a photo gets no more photos, and another thread replaces it. */
  readonly stuckAfterMs?: number;
  /** Resident memory of the process above which an idle worker is replaced. */
  readonly maxMemoryBytes?: number;
  /** Called for each thread that was replaced, or that died and was started again. */
  readonly onRestart?: () => void;
}

interface Waiting {
  readonly take: (thread: WorkerThread) => void;
}

/** A new thread takes a second or two to load its networks; replacing several at once would make requests wait. */
const RENEW_PAUSE_MS = 60_000;

/** The threads that find faces, and the queue in front of them. */
export class Workers {
  private readonly waiting = new Set<Waiting>();
  private readonly threads: WorkerThread[];
  /** Threads that were given up and have not ended yet. */
  private readonly givenUp = new Set<WorkerThread>();
  /** Threads whose death has just been reported, by another of their photos. */
  private readonly dead = new Set<WorkerThread>();
  private renewedAt = -Infinity;

  constructor(
    private readonly spec: PipelineSpec,
    private readonly limits: WorkerLimits,
    private readonly onPort: (port: MessagePort) => void,
  ) {
    this.threads = Array.from({ length: limits.workers }, () => new WorkerThread(spec, onPort));
  }

  /** @throws RostroError when a network cannot be loaded */
  async started(): Promise<PipelineInfo> {
    const infos = await Promise.all(this.threads.map((thread) => thread.run({ call: null, alone: false })));
    return infos.map((info) => unwrap(info) as PipelineInfo)[0];
  }

  /**
   * Runs a pipeline method in a thread. When the thread dies, the call is tried once more in another.
   * @param signal takes the call out of the queue; a thread that has started it finishes it, and the result is dropped
   * @throws RostroError `busy`, `worker_restarted`, those of the method; the signal's reason
   */
  async run<M extends PipelineMethod>(call: PipelineCall<M>, signal?: AbortSignal): Promise<PipelineResult<M>> {
    if (this.waiting.size >= this.limits.maxQueue) {
      throw new RostroError('busy', 'The server has more photos to look at than it can; try again in a moment.');
    }
    try {
      return (await this.attempt(call, signal)) as PipelineResult<M>;
    } catch (error) {
      if (!(error instanceof RostroError && error.code === 'worker_restarted')) throw error;
      return (await this.attempt(call, signal)) as PipelineResult<M>;
    }
  }

  /** Length of the queue, and its limit. */
  get queue(): { readonly waiting: number; readonly maxWaiting: number } {
    return { waiting: this.waiting.size, maxWaiting: this.limits.maxQueue };
  }

  async close(): Promise<void> {
    await Promise.all([...this.threads, ...this.givenUp].map((thread) => thread.close()));
  }

  private async attempt(call: PipelineCall, signal: AbortSignal | undefined): Promise<unknown> {
    const result = this.runOn(await this.freeThread(signal), call);
    return signal ? unlessAborted(result, signal) : result;
  }

  private async runOn(thread: WorkerThread, call: PipelineCall): Promise<unknown> {
    const timeout = setTimeout(() => this.giveUp(thread), this.limits.stuckAfterMs ?? LONGEST_TIMER_MS).unref();
    const alone = this.threads.reduce((sum, { running }) => sum + running, 0) === 1;
    const outcome = thread.run({ call, alone }).catch((cause: unknown) => {
      this.reportDeath(thread);
      throw new RostroError('worker_restarted', 'The thread that looked at the photo has ended.', { cause });
    });
    try {
      return unwrap(await outcome);
    } finally {
      clearTimeout(timeout);
      thread.running--;
      this.renewIfLarge(thread);
      this.serveWaiting();
    }
  }

  private reportDeath(thread: WorkerThread): void {
    if (this.dead.has(thread)) return;
    this.dead.add(thread);
    setImmediate(() => this.dead.delete(thread));
    this.limits.onRestart?.();
  }

  private freeThread(signal: AbortSignal | undefined): Promise<WorkerThread> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = () => {
        this.waiting.delete(waiting);
        reject(signal!.reason as Error);
      };
      const waiting: Waiting = {
        take(thread) {
          signal?.removeEventListener('abort', leave);
          thread.running++;
          resolve(thread);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.add(waiting);
      this.serveWaiting();
    });
  }

  private serveWaiting(): void {
    for (const waiting of this.waiting) {
      const thread = this.leastBusy();
      if (!thread.isFree) return;
      this.waiting.delete(waiting);
      waiting.take(thread);
    }
  }

  private leastBusy(): WorkerThread {
    return this.threads.reduce((least, thread) => (thread.running < least.running ? thread : least));
  }

  /**
   * Replaces a hung thread. It is not terminated, because ending it during an inference crashes the process; it ends when
   * its photos are done. There are never more such threads than workers.
   */
  private giveUp(thread: WorkerThread): void {
    if (this.givenUp.size < this.limits.workers) this.replace(thread);
  }

  private renewIfLarge(thread: WorkerThread): void {
    const now = performance.now();
    if (thread.running > 0 || now - this.renewedAt < RENEW_PAUSE_MS) return;
    if (process.memoryUsage.rss() <= (this.limits.maxMemoryBytes ?? Infinity)) return;
    this.renewedAt = now;
    this.replace(thread);
  }

  private replace(thread: WorkerThread): void {
    const seat = this.threads.indexOf(thread);
    if (seat < 0) return;
    this.threads[seat] = new WorkerThread(this.spec, this.onPort);
    this.givenUp.add(thread);
    this.limits.onRestart?.();
    void thread.close().then(() => this.givenUp.delete(thread));
    this.serveWaiting();
  }
}

/** Settles with whichever comes first; a later failure of the other one is ignored. */
function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
