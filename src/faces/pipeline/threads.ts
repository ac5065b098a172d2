import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Outcome } from '../../shared/rpc.js';
import type { PipelineSpec } from './spec.js';
import { threadFile } from '../../shared/thread-file.js';
import type { WorkerTask } from './worker.js';

/** Options of threads that run networks. */
export const INFERENCE_THREAD = {
  /**
   * onnxruntime 1.30 reads the command line of the process with a recursive regular expression, which overflows the 4 MB
   * that Node gives a thread once the line has 16,000 characters: a command with a few hundred files. Address space only.
   * The young generation keeps processed photos until it is full: with 8 MB instead of 48, a busy server has 660 MB instead
   * of 754, with the same throughput.
   */
  resourceLimits: { stackSizeMb: 256, maxYoungGenerationSizeMb: 8 },
  /**
   * The main thread, which answers all requests, has priority on busy cores. On Linux a priority belongs to a thread, and the
   * threads that it starts inherit it; elsewhere it would apply to the whole process.
   */
  niceIncrement: process.platform === 'linux' ? 5 : 0,
};

/** While the faces of one photo are embedded in the other thread, a worker detects those of the next. */
const PHOTOS_PER_WORKER = 4;
/** The longest delay of a timer, 25 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A thread with the networks of the detector. If it dies, Piscina starts a successor. */
export class WorkerThread {
  /** Photos that it is processing. */
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
      // Ending a thread during an inference crashes the process (onnxruntime 1.30).
      closeTimeout: LONGEST_TIMER_MS,
    });
    this.thread.on('message', onPort);
    // Nor may it be ended while it loads: closing waits for this task, which ends with the loading.
    this.thread.on('workerCreate', () => void this.run({ call: null, alone: false }).catch(() => undefined));
    // A thread that dies between tasks; pending tasks reject by themselves.
    this.thread.on('error', () => undefined);
  }

  get isFree(): boolean {
    return this.running < PHOTOS_PER_WORKER;
  }

  /** Rejects only when the thread has ended before it could answer. */
  async run(task: WorkerTask): Promise<Outcome<unknown>> {
    return (await this.thread.run(task)) as Outcome<unknown>;
  }

  /** Ends the thread when its tasks have ended. */
  async close(): Promise<void> {
    await this.thread.close({ force: false });
  }
}

/** The thread that holds the embedding network, the largest one, for all workers. */
export class EmbeddingThread {
  private readonly thread: Piscina;

  constructor(spec: PipelineSpec) {
    this.thread = new Piscina({
      ...INFERENCE_THREAD,
      ...threadFile('embedding-worker', import.meta.url),
      workerData: spec,
      minThreads: 1,
      maxThreads: 1,
      // Between tasks the thread must receive messages of the ports, and not sleep until the next task.
      atomics: 'disabled',
    });
    // When it dies, Piscina starts its successor; the workers see their ports close and connect to that one.
    this.thread.on('error', () => undefined);
  }

  get isAlive(): boolean {
    return this.thread.threads.some(({ threadId }) => threadId > 0);
  }

  /** Serves the worker at the other end of the port. */
  async connect(port: MessagePort): Promise<void> {
    await this.thread.run(port, { transferList: [port] });
  }

  /** Waits until the network is loaded: ending the thread during that crashes the process. */
  async close(): Promise<void> {
    await this.thread.close({ force: false });
  }
}
