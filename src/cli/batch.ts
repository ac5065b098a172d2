import type { Command } from 'commander';
import { startPipeline } from '../compose/networks.js';
import type { Config } from '../config.js';
import type { PipelinePool } from '../pipeline/pool.js';
import { readKeys } from '../store/sealing/key-file.js';
import { vaultOf, type Vault } from '../store/sealing/vault.js';
import { BatchProgress } from './batch-progress.js';
import { configOf } from './settings.js';

/** Photos that wait read for each worker, so that none has to wait for the disk. */
const PHOTOS_PER_WORKER = 4;

/** What a command over a whole dataset works with. */
export interface Batch {
  readonly config: Config;
  readonly pipeline: PipelinePool;
  /** Of the gallery and of what is remembered of faces. */
  readonly vault: Vault;
  readonly concurrency: number;
  /** The detector and every setting of it that moves a box. */
  readonly detectedBy: object;
  readonly progress: BatchProgress;
  /** Fires at the first ^C. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command over a dataset with a worker of one thread a core, which does more a second than one worker of many
 * threads. At ^C the work under way is finished, what was done stays done, and the exit code is 130; a second ^C ends at
 * once.
 */
export async function runBatch(command: Command, unit: string, work: (batch: Batch) => Promise<void>): Promise<void> {
  const config = configOf(command, { THREADS: '1' });
  const vault = vaultOf(await readKeys(config.encryptionKeyFiles));
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const pipeline = await startPipeline(config);
  const progress = new BatchProgress(process.stderr, unit);
  try {
    const concurrency = config.workers * PHOTOS_PER_WORKER;
    await work({
      config,
      pipeline,
      vault,
      concurrency,
      detectedBy: detectedBy(config, pipeline),
      progress,
      signal: stop.signal,
    });
    if (stop.signal.aborted) process.exitCode = 130;
  } finally {
    progress.stop();
    await pipeline.close();
  }
}

function detectedBy(config: Config, { info }: PipelinePool): object {
  const { detectMinFacePx, mtcnnThresholds, mtcnnFactor, ssdMinConfidence } = config;
  if (info.detector === 'mtcnn') return { detector: info.detector, detectMinFacePx, mtcnnThresholds, mtcnnFactor };
  if (info.detector === 'ssd') return { detector: info.detector, ssdMinConfidence };
  return { detector: info.detector, detectMinFacePx };
}
