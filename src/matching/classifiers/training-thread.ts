import type { SearchDistances } from '../thresholds/search-distances.js';
import type { Samples } from './samples.js';
import type { Training, TrainingOptions } from './training/train.js';
import { oneThread, type Piscina } from '../../shared/one-thread.js';
import type { TrainingTask } from './training-worker.js';

/** An idle thread ends after this time and frees its memory. */
const IDLE_MS = 5000;
/** Recognition has priority where the system supports it (Linux). */
const NICE = 10;

/** A background thread that trains classifiers and searches the whole gallery for calibration, one task at a time. */
export class TrainingThread {
  private pool: Piscina | null = null;
  private readonly stop = new AbortController();

  async train(samples: Samples, strangers: Samples, options: TrainingOptions): Promise<Training> {
    return (await this.run({ kind: 'train', samples, strangers, options })) as Training;
  }

  async search(samples: Samples, strangers: Samples): Promise<SearchDistances> {
    return (await this.run({ kind: 'search', samples, strangers })) as SearchDistances;
  }

  /** Ends immediately; the running task is aborted and rejects. */
  async close(): Promise<void> {
    this.stop.abort();
    await this.pool?.destroy();
  }

  private run(task: TrainingTask): Promise<unknown> {
    this.pool ??= oneThread('training-worker', import.meta.url, {
      minThreads: 0,
      idleTimeout: IDLE_MS,
      niceIncrement: NICE,
    });
    return this.pool.run(task, { signal: this.stop.signal });
  }
}
