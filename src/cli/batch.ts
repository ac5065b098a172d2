import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Config } from '../app/config.js';
import { startPipeline, withGalleryEmbedder } from '../app/pipeline.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { type Vault, vaultOf } from '../gallery/sealing/vault.js';
import { configOf } from './settings.js';
import { commandIo, setExitCode, stopSignal, type OutputStream } from './io.js';

/** Photos read ahead per worker, so that no worker waits for the disk. */
const PHOTOS_PER_WORKER = 4;

/** Context of a long-running command. */
export interface LongRun {
  readonly config: Config;
  /** For the gallery and for cached embeddings. */
  readonly vault: Vault;
  readonly progress: BatchProgress;
  /** Fires at the first ^C. */
  readonly signal: AbortSignal;
}

/** Context of a command over a dataset of photos. */
export interface Batch extends LongRun {
  readonly pipeline: PipelinePool;
  readonly concurrency: number;
  /** The detector and all of its settings that affect a box. */
  readonly detectorSettings: object;
}

/**
 * Runs a long command. At the first ^C it finishes the current work, keeps the results, and sets the exit code 130; a
 * second ^C ends the process at once.
 * @param unit what the progress counts
 */
export async function runLong(command: Command, unit: string, work: (run: LongRun) => Promise<void>): Promise<void> {
  const config = configOf(command, { THREADS: '1' });
  const vault = vaultOf(await readKeys(config.storage.encryptionKeyFiles));
  const signal = stopSignal('SIGINT');
  const progress = new BatchProgress(commandIo().stderr, unit);
  try {
    await work({ config, vault, progress, signal });
    if (signal.aborted) setExitCode(130);
  } finally {
    progress.stop();
  }
}

/**
 * As {@link runLong}, over photos. Uses one single-threaded worker per core, which has a higher throughput than one worker
 * with many threads.
 */
export function runBatch(command: Command, unit: string, work: (batch: Batch) => Promise<void>): Promise<void> {
  return runLong(command, unit, async (run) => {
    const config = await withGalleryEmbedder(run.config);
    const pipeline = await startPipeline(config);
    try {
      const concurrency = config.compute.workers * PHOTOS_PER_WORKER;
      await work({ ...run, config, pipeline, concurrency, detectorSettings: detectorSettings(config, pipeline) });
    } finally {
      await pipeline.close();
    }
  });
}

function detectorSettings(config: Config, { info }: PipelinePool): object {
  const { minFacePx: detectMinFacePx, mtcnnThresholds, mtcnnFactor, ssdMinConfidence } = config.detection;
  if (info.detector === 'mtcnn') return { detector: info.detector, detectMinFacePx, mtcnnThresholds, mtcnnFactor };
  if (info.detector === 'ssd') return { detector: info.detector, ssdMinConfidence };
  return { detector: info.detector, detectMinFacePx };
}

/** Interval of progress lines without a terminal. */
const LINE_EVERY_MS = 10_000;

/** Progress with rate and remaining time: a bar on a terminal, a line every ten seconds elsewhere. */
export class BatchProgress {
  private bar: SingleBar | null = null;
  private start = performance.now();
  private lastLine = this.start;
  private skipped = 0;

  constructor(
    private readonly output: OutputStream,
    private readonly unit: string,
  ) {}

  /** @param wasFree the item was done by an earlier run and does not count towards the rate */
  update(done: number, total: number, wasFree = false): void {
    if (wasFree) this.skipped++;
    const seconds = (performance.now() - this.start) / 1000;
    const rate = (done - this.skipped) / seconds;
    const left = rate > 0 ? formatSeconds((total - done) / rate) : '–';
    if (this.output.isTTY) this.draw(done, total, { rate: rate.toFixed(1), left });
    else if (performance.now() - this.lastLine > LINE_EVERY_MS) {
      this.lastLine = performance.now();
      this.output.write(`${done}/${total} ${this.unit}, ${rate.toFixed(1)} a second, ${left} left\n`);
    }
  }

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }

  private draw(done: number, total: number, payload: { rate: string; left: string }): void {
    if (this.bar === null) {
      const format = `{bar} {value}/{total} ${this.unit}  {rate} a second  {left} left`;
      this.bar = new SingleBar(
        { stream: this.output, format, barsize: 30, clearOnComplete: true },
        Presets.shades_classic,
      );
      this.bar.start(total, done, payload);
    }
    this.bar.update(done, payload);
  }
}

/** `45 s`, `12 min`, `3 h 20 min`. */
function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
