import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { PipelineSpec } from './spec.js';
import { INFERENCE_THREAD } from './inference-thread.js';
import { threadFile } from './thread-file.js';

/** The one thread that holds the embedding network, which is the largest: faces of all workers meet there. */
export class EmbeddingThread {
  private readonly thread: Piscina;

  constructor(spec: PipelineSpec) {
    this.thread = new Piscina({
      ...INFERENCE_THREAD,
      ...threadFile('embedding-worker', import.meta.url),
      workerData: spec,
      minThreads: 1,
      maxThreads: 1,
      // Between tasks the thread has to hear the ports, not to sleep until the next task.
      atomics: 'disabled',
    });
    // When it dies another takes its place; the workers see their ports close and connect to that one.
    this.thread.on('error', () => undefined);
  }

  get lives(): boolean {
    return this.thread.threads.some(({ threadId }) => threadId > 0);
  }

  /** Serves the worker at the other end of the port. */
  async connect(port: MessagePort): Promise<void> {
    await this.thread.run(port, { transferList: [port] });
  }

  /** Lets the network finish loading: a thread that is ended amid that takes the process with it. */
  async close(): Promise<void> {
    await this.thread.close({ force: false });
  }
}
