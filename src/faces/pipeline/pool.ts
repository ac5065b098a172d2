import { MessageChannel } from 'node:worker_threads';
import type { EmbeddingNetwork } from '../embed/embedder.js';
import type { Pipeline, PipelineInfo, PipelineMethod, PipelineRequest, PipelineResult } from './pipeline.js';
import { connectNetwork, type EmbeddingMethods, type NetworkInfo } from './remote-network.js';
import type { PipelineSpec } from './spec.js';
import { EmbeddingThread } from './threads.js';
import { PHOTOS_PER_WORKER } from './worker-process.js';
import { Workers, type WorkerLimits } from './workers.js';

/** The pipeline in worker processes, because inference blocks its thread, and decoding foreign bytes may hang or crash. */
export class PipelinePool implements Pipeline {
  private constructor(
    private readonly workers: Workers,
    private readonly embedding: Embedding | null,
    readonly info: PipelineInfo,
  ) {}

  /**
   * Starts the workers and waits until each has loaded its networks and run them once.
   * @throws RostroError when a network cannot be loaded
   */
  static async start(spec: PipelineSpec, limits: WorkerLimits): Promise<PipelinePool> {
    // So that a slow machine is not taken for one that hangs.
    const hungAfterMs = (limits.stuckAfterMs ?? Infinity) * PHOTOS_PER_WORKER;
    const embedding = spec.embedsApart ? new Embedding(spec, hungAfterMs) : null;
    const workers = new Workers(spec, limits, embedding);
    void embedding?.hung.then(() => workers.giveUp());
    try {
      return new PipelinePool(workers, embedding, await workers.started());
    } catch (error) {
      await workers.close();
      await embedding?.close();
      throw error;
    }
  }

  /** How many photos wait, how many workers can take one, whether faces can be embedded, and the memory of all processes. */
  get load(): {
    readonly waiting: number;
    readonly maxWaiting: number;
    readonly usableWorkers: number;
    readonly isEmbedding: boolean;
    readonly memoryBytes: number;
  } {
    const { queue, usable, memoryBytes } = this.workers;
    return { ...queue, usableWorkers: usable, isEmbedding: this.embedding?.isAlive ?? true, memoryBytes };
  }

  /**
   * Resolves when no worker is left and none can be started, or the thread that embeds hangs, which cannot be ended.
   * Every photo is refused then.
   */
  get lost(): Promise<void> {
    return this.workers.lost;
  }

  run<M extends PipelineMethod>(
    method: M,
    request: PipelineRequest<M>,
    signal?: AbortSignal,
  ): Promise<PipelineResult<M>> {
    return this.workers.run({ method, request }, signal);
  }

  /** Waits for the photos that are being processed, then ends the workers. */
  async close(): Promise<void> {
    await this.workers.close();
    await this.embedding?.close();
  }
}

/** The longest delay of a timer, 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A large embedding network in its thread, for worker processes by way of this one. */
class Embedding implements EmbeddingMethods {
  /** Resolves when a batch takes longer than `hungAfterMs`. */
  readonly hung: Promise<void>;
  private readonly thread: EmbeddingThread;
  private readonly network: Promise<EmbeddingNetwork>;
  private readonly pending = new Set<Promise<unknown>>();
  private reportHang!: () => void;

  constructor(
    spec: PipelineSpec,
    private readonly hungAfterMs: number,
  ) {
    this.hung = new Promise((resolve) => (this.reportHang = resolve));
    this.thread = new EmbeddingThread(spec);
    this.network = connectNetwork(() => {
      const { port1, port2 } = new MessageChannel();
      this.thread.connect(port2).catch(() => port2.close());
      return port1;
    });
    this.network.catch(() => undefined);
  }

  get isAlive(): boolean {
    return this.thread.isAlive;
  }

  async info(): Promise<NetworkInfo> {
    const { contract, cropLength, provider } = await this.network;
    return { contract, cropLength, provider };
  }

  async embed(crops: Float32Array): Promise<Float32Array[]> {
    const timeout = setTimeout(this.reportHang, Math.min(this.hungAfterMs, LONGEST_TIMER_MS)).unref();
    // A copy, because the memory of a message must not be transferred in parts.
    const result = this.network.then((network) => network.embed(crops.slice()));
    this.pending.add(result);
    return result.finally(() => {
      clearTimeout(timeout);
      this.pending.delete(result);
    });
  }

  /** Waits for the crops of workers that have been killed, too: ending the thread during an inference crashes the process. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.pending]);
    await this.thread.close();
  }
}
