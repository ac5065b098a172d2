import type { Command } from 'commander';
import { startPipeline } from '../app/networks.js';
import type { Config } from '../app/config.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { vaultOf, type Vault } from '../gallery/sealing/vault.js';
import { BatchProgress } from './batch-progress.js';
import { configOf } from './settings.js';

/** Photos that wait read for each worker, so that none has to wait for the disk. */
const PHOTOS_PER_WORKER = 4;

/** What a command that takes a while works with. */
export interface LongRun {
  readonly config: Config;
  /** Of the gallery and of what is remembered of faces. */
  readonly vault: Vault;
  readonly progress: BatchProgress;
  /** Fires at the first ^C. */
  readonly signal: AbortSignal;
}

/** What a command over a whole dataset of photos works with. */
export interface Batch extends LongRun {
  readonly pipeline: PipelinePool;
  readonly concurrency: number;
  /** The detector and every setting of it that moves a box. */
  readonly detectedBy: object;
}

/**
 * At ^C the work under way is finished, what was done stays done, and the exit code is 130; a second ^C ends at once.
 * @param unit what the progress counts
 */
export async function runLong(command: Command, unit: string, work: (run: LongRun) => Promise<void>): Promise<void> {
  const config = configOf(command, { THREADS: '1' });
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const progress = new BatchProgress(process.stderr, unit);
  try {
    await work({ config, vault, progress, signal: stop.signal });
    if (stop.signal.aborted) process.exitCode = 130;
  } finally {
    progress.stop();
  }
}

/**
 * As {@link runLong}, over photos: with a worker of one thread a core, which does more a second than one worker of many
 * threads.
 */
export function runBatch(command: Command, unit: string, work: (batch: Batch) => Promise<void>): Promise<void> {
  return runLong(command, unit, async (run) => {
    const { config } = run;
    const pipeline = await startPipeline(config);
    try {
      const concurrency = config.workers * PHOTOS_PER_WORKER;
      await work({ ...run, pipeline, concurrency, detectedBy: detectedBy(config, pipeline) });
    } finally {
      await pipeline.close();
    }
  });
}

function detectedBy(config: Config, { info }: PipelinePool): object {
  const { detectMinFacePx, mtcnnThresholds, mtcnnFactor, ssdMinConfidence } = config;
  if (info.detector === 'mtcnn') return { detector: info.detector, detectMinFacePx, mtcnnThresholds, mtcnnFactor };
  if (info.detector === 'ssd') return { detector: info.detector, ssdMinConfidence };
  return { detector: info.detector, detectMinFacePx };
}
