import type { AlignOptions, BatchPipeline, CentralOptions } from './batch.js';
import { EmbeddingThread } from './embedding-thread.js';
import type { Before, CameraFrame } from './live.js';
import type { Answers } from './messages.js';
import type { Pipeline, PipelineInfo } from './pipeline.js';
import type { PipelineSpec } from './spec.js';
import { Workers, type WorkerLimits } from './workers.js';

/** The pipeline in worker threads, because inference blocks the thread that it runs on. */
export class PipelinePool implements Pipeline, BatchPipeline {
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

  /** How much there is to do, and whether faces can be embedded. */
  get load(): { readonly waiting: number; readonly maxWaiting: number; readonly isEmbedding: boolean } {
    return { ...this.workers.queue, isEmbedding: this.embedding.lives };
  }

  async detect(bytes: Uint8Array, signal?: AbortSignal): Promise<Answers['detect']> {
    return this.workers.ask({ kind: 'detect', bytes }, signal);
  }

  async analyse(bytes: Uint8Array, signal?: AbortSignal): Promise<Answers['analyse']> {
    return this.workers.ask({ kind: 'analyse', bytes }, signal);
  }

  async portrait(bytes: Uint8Array, face?: number, signal?: AbortSignal): Promise<Answers['portrait']> {
    return this.workers.ask({ kind: 'portrait', bytes, face }, signal);
  }

  async live(frame: CameraFrame, before: Before, signal?: AbortSignal): Promise<Answers['live']> {
    return this.workers.ask({ kind: 'live', frame, before }, signal);
  }

  async central(bytes: Uint8Array, options: CentralOptions): Promise<Answers['central']> {
    return this.workers.ask({ kind: 'central', bytes, options });
  }

  async align(bytes: Uint8Array, options: AlignOptions): Promise<Answers['align']> {
    return this.workers.ask({ kind: 'align', bytes, options });
  }

  /** Waits for what runs, ends the threads. */
  async close(): Promise<void> {
    await this.workers.close();
    await this.embedding.close();
  }
}
