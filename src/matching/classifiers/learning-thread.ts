import { Piscina } from 'piscina';
import type { Searches } from '../searches.js';
import type { Samples } from './samples.js';
import type { Training, TrainingOptions } from './training/train.js';
import { threadFile } from '../../faces/pipeline/thread-file.js';
import type { LearningTask } from './learning-worker.js';

/** After this long without work the thread ends, and its memory with it. */
const IDLE_MS = 5000;
/** Recognition goes first where the system knows priorities (Linux). */
const NICE = 10;

/** One thread beside everything else that trains classifiers and searches whole galleries, one task after the other. */
export class LearningThread {
  private readonly pool = new Piscina({
    ...threadFile('learning-worker', import.meta.url),
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    niceIncrement: NICE,
  });
  private readonly stop = new AbortController();

  async train(samples: Samples, strangers: Samples, options: TrainingOptions): Promise<Training> {
    return (await this.run({ kind: 'train', samples, strangers, options })) as Training;
  }

  async search(samples: Samples, strangers: Samples): Promise<Searches> {
    return (await this.run({ kind: 'search', samples, strangers })) as Searches;
  }

  /** Ends at once; what is under way is given up and rejects. */
  async close(): Promise<void> {
    this.stop.abort();
    await this.pool.destroy();
  }

  private run(task: LearningTask): Promise<unknown> {
    return this.pool.run(task, { signal: this.stop.signal });
  }
}
