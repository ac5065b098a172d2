import { EmbeddingThread } from './threads.js';
import type { Pipeline, PipelineInfo, PipelineMethod, PipelineRequest, PipelineResult } from './pipeline.js';
import type { PipelineSpec } from './spec.js';
import { Workers, type WorkerLimits } from './workers.js';

/** The pipeline in worker threads, because inference blocks the thread that it runs on. */
export class PipelinePool implements Pipeline {
  private constructor(
    private readonly workers: Workers,
    private readonly embedding: EmbeddingThread,
    readonly info: PipelineInfo,
  ) {}

  /**
   * Starts the workers and waits until each has loaded its networks and run them once.
   * @throws RostroError when a network cannot be loaded
   */
  static async start(spec: PipelineSpec, limits: WorkerLimits): Promise<PipelinePool> {
    const embedding = new EmbeddingThread(spec);
    const workers = new Workers(spec, limits, (port) => void embedding.connect(port).catch(() => port.close()));
    try {
      return new PipelinePool(workers, embedding, await workers.started());
    } catch (error) {
      await Promise.all([workers.close(), embedding.close()]);
      throw error;
    }
  }

  /** How many photos wait, and whether faces can be embedded. */
  get load(): { readonly waiting: number; readonly maxWaiting: number; readonly isEmbedding: boolean } {
    return { ...this.workers.queue, isEmbedding: this.embedding.isAlive };
  }

  run<M extends PipelineMethod>(
    method: M,
    request: PipelineRequest<M>,
    signal?: AbortSignal,
  ): Promise<PipelineResult<M>> {
    return this.workers.run({ method, request }, signal);
  }

  /** Waits for the photos that are being processed, then ends the threads. */
  async close(): Promise<void> {
    await this.workers.close();
    await this.embedding.close();
  }
}
