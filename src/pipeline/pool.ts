import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { AlignOptions, BatchPipeline, CentralOptions } from './batch.js';
import { EmbeddingThread } from './embedding-thread.js';
import { RostroError } from '../errors.js';
import { unwrap, type Answers, type Reply, type Request } from './messages.js';
import type { Before } from './live.js';
import type { Pipeline, PipelineInfo } from './pipeline.js';
import type { PipelineSpec } from './spec.js';
import { INFERENCE_LIMITS, threadFile } from './thread-file.js';

/** While the faces of one photo are embedded elsewhere, a worker looks for those of the next. */
const PHOTOS_PER_WORKER = 4;

/** The pipeline in worker threads, because inference blocks the thread that it runs on. */
export class PipelinePool implements Pipeline, BatchPipeline {
  private constructor(
    private readonly threads: Piscina,
    private readonly embedding: EmbeddingThread,
    readonly info: PipelineInfo,
  ) {}

  /**
   * Starts the workers and waits until each has loaded its networks and run them once.
   * @param maxQueue photos that may wait for a worker; beyond it every method throws RostroError `busy`
   * @throws RostroError when a network cannot be loaded
   */
  static async start(
    spec: PipelineSpec,
    { workers, maxQueue }: { readonly workers: number; readonly maxQueue: number },
  ): Promise<PipelinePool> {
    const embedding = new EmbeddingThread(spec);
    const threads = new Piscina({
      ...threadFile('worker', import.meta.url),
      workerData: spec,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: PHOTOS_PER_WORKER,
      maxQueue,
      resourceLimits: INFERENCE_LIMITS,
    });
    threads.on('message', (port: MessagePort) => void embedding.connect(port));
    try {
      const infos = await Promise.all(Array.from({ length: workers }, () => ask(threads, { kind: 'info' })));
      return new PipelinePool(threads, embedding, infos[0]);
    } catch (error) {
      await Promise.all([threads.destroy(), embedding.close()]);
      throw error;
    }
  }

  /** How much there is to do, and whether faces can be embedded. */
  get load(): { readonly waiting: number; readonly maxWaiting: number; readonly isEmbedding: boolean } {
    const { queueSize, options } = this.threads;
    return { waiting: queueSize, maxWaiting: options.maxQueue, isEmbedding: this.embedding.lives };
  }

  async detect(bytes: Uint8Array): Promise<Answers['detect']> {
    return ask(this.threads, { kind: 'detect', bytes });
  }

  async analyse(bytes: Uint8Array): Promise<Answers['analyse']> {
    return ask(this.threads, { kind: 'analyse', bytes });
  }

  async portrait(bytes: Uint8Array, face?: number): Promise<Answers['portrait']> {
    return ask(this.threads, { kind: 'portrait', bytes, face });
  }

  async live(bytes: Uint8Array, before: Before): Promise<Answers['live']> {
    return ask(this.threads, { kind: 'live', bytes, before });
  }

  async central(bytes: Uint8Array, options: CentralOptions): Promise<Answers['central']> {
    return ask(this.threads, { kind: 'central', bytes, options });
  }

  async align(bytes: Uint8Array, options: AlignOptions): Promise<Answers['align']> {
    return ask(this.threads, { kind: 'align', bytes, options });
  }

  /** Waits for what runs, drops what waits, ends the threads. */
  async close(): Promise<void> {
    await this.threads.close({ force: false });
    await this.embedding.close();
  }
}

async function ask<K extends Request['kind']>(threads: Piscina, request: Request & { kind: K }): Promise<Answers[K]> {
  if (threads.queueSize >= threads.options.maxQueue) {
    throw new RostroError('busy', 'The server has more photos to look at than it can; try again in a moment.');
  }
  return unwrap((await threads.run(request)) as Reply<Answers[K]>);
}
