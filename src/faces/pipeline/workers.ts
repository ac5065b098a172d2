import { RostroError } from '../../shared/errors.js';
import { currentHolder, FairQueue } from '../../shared/fair-share.js';
import type { PipelineInfo, PipelineMethod, PipelineResult } from './pipeline.js';
import type { EmbeddingMethods } from './remote-network.js';
import type { PipelineSpec } from './spec.js';
import { WorkerProcess } from './worker-process.js';
import type { PipelineCall } from './worker.js';

export interface WorkerLimits {
  readonly workers: number;
  /** Photos that may wait for a worker; further ones are refused with `busy`, those of the busiest sender first. */
  readonly maxQueue: number;
  /** A worker that needs longer for a photo is killed, and another process replaces it. */
  readonly stuckAfterMs?: number;
  /** Memory of this process and its workers above which an idle worker is replaced. */
  readonly maxMemoryBytes?: number;
  /** Called for each worker that was replaced. */
  readonly onRestart?: () => void;
}

interface Waiting {
  readonly take: (worker: WorkerProcess) => void;
  readonly refuse: (error: RostroError) => void;
}

/** A new worker takes half a second or more to load its networks; replacing several at once would make requests wait. */
const RENEW_PAUSE_MS = 60_000;
/** For a successor to load its networks, which takes a few seconds on slow machines. */
const LOADING_MS = 120_000;
/** Before the next start after a worker that ended while it loaded; twice as long each time, up to the longest. */
const RETRY_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Workers in a row that ended while they loaded, after which the pool is lost if no worker is left. */
const MAX_FAILED_STARTS = 6;
/** The longest delay of a timer, 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The processes that find faces, and the queue in front of them. */
export class Workers {
  /** Resolves when no worker is left and none can be started, or after `giveUp`. */
  readonly lost: Promise<void>;
  private readonly waiting: FairQueue<Waiting>;
  private readonly workers: WorkerProcess[];
  /** Calls that a worker has begun. */
  private readonly pending = new Set<Promise<unknown>>();
  private hasStarted = false;
  private isClosed = false;
  private isLost = false;
  private reportLoss!: () => void;
  private failedStarts = 0;
  private renewedAt = -Infinity;

  constructor(
    private readonly spec: PipelineSpec,
    private readonly limits: WorkerLimits,
    private readonly embedding: EmbeddingMethods | null,
  ) {
    this.lost = new Promise((resolve) => (this.reportLoss = resolve));
    this.waiting = new FairQueue(limits.maxQueue);
    this.workers = Array.from({ length: limits.workers }, () => this.startWorker());
  }

  /** @throws RostroError when a network cannot be loaded */
  async started(): Promise<PipelineInfo> {
    const [info] = await Promise.all(this.workers.map(({ loaded }) => loaded));
    this.hasStarted = true;
    return info;
  }

  /**
   * Runs a pipeline method in a worker. When the worker dies, the call is tried once more in another; a call that takes
   * too long is not.
   * @param signal takes the call out of the queue; a worker that has started it finishes it, and the result is dropped
   * @throws RostroError `busy`, `worker_restarted`, `deadline_exceeded`, those of the method; the signal's reason
   */
  async run<M extends PipelineMethod>(call: PipelineCall<M>, signal?: AbortSignal): Promise<PipelineResult<M>> {
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

  /** Memory of this process and its workers. */
  get memoryBytes(): number {
    return this.workers.reduce((sum, { memoryBytes }) => sum + memoryBytes, process.memoryUsage.rss());
  }

  /** Workers that have loaded their networks. */
  get usable(): number {
    return this.isClosed ? 0 : this.workers.filter(({ isLoaded }) => isLoaded).length;
  }

  /** Waits for the photos that are being processed. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled([...this.pending]);
    for (const worker of this.workers) worker.kill();
  }

  private async attempt(call: PipelineCall, signal: AbortSignal | undefined): Promise<unknown> {
    const result = this.runOn(await this.freeWorker(laneOf(call), signal), call);
    this.pending.add(result);
    result.catch(() => undefined).finally(() => this.pending.delete(result));
    return signal ? unlessAborted(result, signal) : result;
  }

  private async runOn(worker: WorkerProcess, call: PipelineCall): Promise<unknown> {
    const { stuckAfterMs = LONGEST_TIMER_MS } = this.limits;
    const stuck = new AbortController();
    stuck.signal.onabort = () => worker.kill();
    // The photos before it in the same worker may take as long each.
    const timeout = setTimeout(() => stuck.abort(), Math.min(stuckAfterMs * worker.photos, LONGEST_TIMER_MS)).unref();
    const alone = this.workers.reduce((sum, { photos }) => sum + photos, 0) === 1;
    try {
      return await worker.run({ call, alone });
    } catch (error) {
      throw stuck.signal.aborted ? tookTooLong(stuckAfterMs) : error;
    } finally {
      clearTimeout(timeout);
      worker.photos--;
      this.renewIfLarge(worker);
      this.serveWaiting();
    }
  }

  private freeWorker(lane: string, signal: AbortSignal | undefined): Promise<WorkerProcess> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (this.isLost) return reject(noWorkerLeft());
      const leave = () => {
        this.waiting.delete(lane, waiting);
        reject(signal!.reason as Error);
      };
      const waiting: Waiting = {
        take(worker) {
          signal?.removeEventListener('abort', leave);
          worker.photos++;
          resolve(worker);
        },
        refuse(error) {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting
        .add(lane, waiting)
        ?.refuse(new RostroError('busy', 'The server has more photos to look at than it can; try again in a moment.'));
      this.serveWaiting();
    });
  }

  private serveWaiting(): void {
    while (this.waiting.size > 0) {
      const worker = this.leastBusy();
      if (!worker?.isFree) return;
      this.waiting.take()?.take(worker);
    }
  }

  private leastBusy(): WorkerProcess | undefined {
    const [first, ...others] = this.workers.filter(({ isLoaded }) => isLoaded);
    return others.reduce<WorkerProcess | undefined>(
      (least, worker) => (worker.photos < least!.photos ? worker : least),
      first,
    );
  }

  private startWorker(): WorkerProcess {
    const worker = new WorkerProcess(this.spec, this.embedding, (ended) => this.replace(ended));
    const timeout = setTimeout(() => this.hasStarted && worker.kill(), LOADING_MS).unref();
    worker.loaded
      .then(
        () => {
          this.failedStarts = 0;
          this.serveWaiting();
        },
        () => worker.kill(),
      )
      .finally(() => clearTimeout(timeout));
    return worker;
  }

  /** Starts a successor of a worker that has ended. */
  private replace(worker: WorkerProcess): void {
    const seat = this.workers.indexOf(worker);
    if (seat < 0 || this.isClosed || !(this.hasStarted || worker.isLoaded)) return;
    this.limits.onRestart?.();
    if (worker.isLoaded) {
      this.workers[seat] = this.startWorker();
      return;
    }
    if (++this.failedStarts >= MAX_FAILED_STARTS && this.usable === 0) return this.giveUp();
    const pause = Math.min(RETRY_PAUSE_MS * 2 ** (this.failedStarts - 1), LONGEST_PAUSE_MS);
    setTimeout(() => !this.isClosed && (this.workers[seat] = this.startWorker()), pause).unref();
  }

  /** Refuses all photos from now on. */
  giveUp(): void {
    this.isLost = true;
    while (this.waiting.size > 0) this.waiting.take()?.refuse(noWorkerLeft());
    this.reportLoss();
  }

  private renewIfLarge(worker: WorkerProcess): void {
    const now = performance.now();
    if (worker.photos > 0 || now - this.renewedAt < RENEW_PAUSE_MS) return;
    if (this.memoryBytes <= (this.limits.maxMemoryBytes ?? Infinity)) return;
    this.renewedAt = now;
    worker.kill();
  }
}

function tookTooLong(ms: number): RostroError {
  const seconds = Number((ms / 1000).toPrecision(3));
  return new RostroError('deadline_exceeded', `The photo was not processed within ${seconds} s.`);
}

function noWorkerLeft(): RostroError {
  return new RostroError('worker_restarted', 'No worker is left that could look at photos; the server ends.');
}

/** Keys take turns, and so do enrolment and recognition of a key. */
function laneOf({ method }: PipelineCall): string {
  return `${currentHolder()} ${method === 'enrolmentFace' ? 'enrol' : 'recognise'}`;
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
