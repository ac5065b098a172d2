import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Outcome, Task } from './messages.js';
import type { PipelineSpec } from './spec.js';
import { INFERENCE_THREAD } from './inference-thread.js';
import { threadFile } from './thread-file.js';

/** While the faces of one photo are embedded elsewhere, a worker looks for those of the next. */
const PHOTOS_PER_WORKER = 4;
/** Twenty-five days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One thread with a detector's networks. If it dies, piscina starts another in its place. */
export class WorkerThread {
  /** Photos that it looks at now. */
  running = 0;
  private readonly thread: Piscina;

  constructor(spec: PipelineSpec, onPort: (port: MessagePort) => void) {
    this.thread = new Piscina({
      ...INFERENCE_THREAD,
      ...threadFile('worker', import.meta.url),
      workerData: spec,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: PHOTOS_PER_WORKER,
      // A thread that is ended amid an inference takes the process with it (onnxruntime 1.30).
      closeTimeout: LONGEST_TIMER_MS,
    });
    this.thread.on('message', onPort);
    // A thread must not be ended amid loading either, and whoever closes the pool waits for what was asked.
    this.thread.on('workerCreate', () => void this.run({ kind: 'info', alone: false }).catch(() => undefined));
    // Of a thread that dies while nobody waits for it; whoever waits is told by the call itself.
    this.thread.on('error', () => undefined);
  }

  get isFree(): boolean {
    return this.running < PHOTOS_PER_WORKER;
  }

  /** Rejects only when the thread has ended before it could answer. */
  async run(request: Task): Promise<Outcome<unknown>> {
    return (await this.thread.run(request)) as Outcome<unknown>;
  }

  /** Ends the thread when it has answered what it was asked. */
  async close(): Promise<void> {
    await this.thread.close({ force: false });
  }
}
