import type { MessagePort } from 'node:worker_threads';
import type { PipelineSpec } from './spec.js';
import { oneThread, type Piscina } from '../../shared/one-thread.js';

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

/** The thread that holds the embedding network, the largest one, for all workers. It gets no foreign bytes, only crops of a fixed size. */
export class EmbeddingThread {
  private readonly thread: Piscina;

  constructor(spec: PipelineSpec) {
    this.thread = oneThread('embedding-worker', import.meta.url, {
      ...INFERENCE_THREAD,
      workerData: spec,
      // Between tasks the thread must receive messages of the ports, and not sleep until the next task.
      atomics: 'disabled',
    });
    // When it dies, Piscina starts its successor; the ports close, and the pool connects to that one.
    this.thread.on('error', () => undefined);
  }

  get isAlive(): boolean {
    return this.thread.threads.some(({ threadId }) => threadId > 0);
  }

  /** Serves the other end of the port. */
  async connect(port: MessagePort): Promise<void> {
    await this.thread.run(port, { transferList: [port] });
  }

  /** Waits until the network is loaded: ending the thread during that crashes the process. */
  async close(): Promise<void> {
    await this.thread.close({ force: false });
  }
}
