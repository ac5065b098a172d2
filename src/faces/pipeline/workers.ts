import type { MessagePort } from 'node:worker_threads';
import { RostroError } from '../../shared/errors.js';
import { unwrap, type Answers, type Request } from './messages.js';
import type { PipelineInfo } from './pipeline.js';
import type { PipelineSpec } from './spec.js';
import { LONGEST_TIMER_MS, WorkerThread } from './worker-thread.js';

export interface WorkerLimits {
  readonly workers: number;
  /** Photos that may wait for a worker; what comes on top is refused with `busy`. */
  readonly maxQueue: number;
  /** A worker that needs longer for a photo gets no more of them, and another thread takes its place. */
  readonly stuckAfterMs?: number;
  /** Resident memory of the process above which a worker is renewed when it has nothing to do. */
  readonly maxMemoryBytes?: number;
  /** Is told of each thread that was replaced, or died and was started again. */
  readonly onRestart?: () => void;
}

interface Waiting {
  readonly take: (thread: WorkerThread) => void;
}

/** A new thread loads networks for a second or two; renewing again at once would only make requests wait. */
const RENEW_PAUSE_MS = 60_000;

/** The threads that find faces, and the line before them. */
export class Workers {
  private readonly waiting = new Set<Waiting>();
  private readonly threads: WorkerThread[];
  /** Threads that were given up and have not come to an end yet. */
  private readonly givenUp = new Set<WorkerThread>();
  /** Threads whose death was told a moment ago, by another of their photos. */
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
    const infos = await Promise.all(this.threads.map((thread) => thread.run({ kind: 'info', alone: false })));
    return infos.map((info) => unwrap(info) as PipelineInfo)[0];
  }

  /**
   * A photo whose thread dies is looked at once more by another.
   * @param signal leaves the line; what a thread has begun, it ends for nobody
   * @throws RostroError `busy`, `worker_restarted`, those of the pipeline; the signal's reason
   */
  async ask<K extends Request['kind']>(request: Request & { kind: K }, signal?: AbortSignal): Promise<Answers[K]> {
    if (this.waiting.size >= this.limits.maxQueue) {
      throw new RostroError('busy', 'The server has more photos to look at than it can; try again in a moment.');
    }
    try {
      return (await this.attempt(request, signal)) as Answers[K];
    } catch (error) {
      if (!(error instanceof RostroError && error.code === 'worker_restarted')) throw error;
      return (await this.attempt(request, signal)) as Answers[K];
    }
  }

  /** The line before the threads, and how long it may get. */
  get queue(): { readonly waiting: number; readonly maxWaiting: number } {
    return { waiting: this.waiting.size, maxWaiting: this.limits.maxQueue };
  }

  async close(): Promise<void> {
    await Promise.all([...this.threads, ...this.givenUp].map((thread) => thread.close()));
  }

  private async attempt(request: Request, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = this.runOn(await this.freeThread(signal), request);
    return signal ? unlessAborted(answer, signal) : answer;
  }

  private async runOn(thread: WorkerThread, request: Request): Promise<unknown> {
    const watch = setTimeout(() => this.giveUp(thread), this.limits.stuckAfterMs ?? LONGEST_TIMER_MS).unref();
    const alone = this.threads.reduce((sum, { running }) => sum + running, 0) === 1;
    const outcome = thread.run({ ...request, alone }).catch((cause: unknown) => {
      this.tellDeath(thread);
      throw new RostroError('worker_restarted', 'The thread that looked at the photo has ended.', { cause });
    });
    try {
      return unwrap(await outcome);
    } finally {
      clearTimeout(watch);
      thread.running--;
      this.renewIfLarge(thread);
      this.serveWaiting();
    }
  }

  private tellDeath(thread: WorkerThread): void {
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
   * It cannot be ended amid an inference, so it is left alone until it comes to an end; there are never more such threads
   * than workers.
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

/** Answers with whichever comes first; the other one's failure is nobody's any more. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
