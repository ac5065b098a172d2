import { setImmediate } from 'node:timers/promises';
import type { EmbeddingNetwork } from '../embed/embedder.js';

/** Faces of a batch; a single request may have more. In batches of 16 and more, the time per face is constant. */
const MAX_FACES = 16;

interface Waiting {
  readonly crops: Float32Array;
  readonly resolve: (embeddings: Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs the network on the faces of several requests at once: those that arrived while it was busy form a batch. A request never
 * waits for others to fill a batch.
 */
export class EmbeddingBatches {
  private readonly waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly network: Pick<EmbeddingNetwork, 'cropLength' | 'embed'>) {}

  /** @param crops one or more, one behind the other; they may be overwritten */
  embed(crops: Float32Array): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ crops, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      await setImmediate();
      await this.runBatch(this.takeBatch());
    }
    this.running = false;
  }

  private takeBatch(): Waiting[] {
    let faces = 0;
    let count = 0;
    for (const { crops } of this.waiting) {
      faces += crops.length / this.network.cropLength;
      if (count > 0 && faces > MAX_FACES) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const embeddings = await this.network.embed(joined(batch));
      let from = 0;
      for (const { crops, resolve } of batch) {
        const to = from + crops.length / this.network.cropLength;
        resolve(embeddings.slice(from, to));
        from = to;
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function joined(batch: readonly Waiting[]): Float32Array {
  if (batch.length === 1) return batch[0].crops;
  const all = new Float32Array(batch.reduce((sum, { crops }) => sum + crops.length, 0));
  let at = 0;
  for (const { crops } of batch) {
    all.set(crops, at);
    at += crops.length;
  }
  return all;
}
