import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Config } from '../app/config.js';
import { startPipeline } from '../app/networks.js';
import type { PipelinePool } from '../faces/pipeline/pool.js';
import { readKeys } from '../gallery/sealing/key-file.js';
import { type Vault, vaultOf } from '../gallery/sealing/vault.js';
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

/** Without a terminal a line is written this often. */
const LINE_EVERY_MS = 10_000;

/** How a long run gets on, with rate and time left: a bar on a terminal, now and then a line anywhere else. */
export class BatchProgress {
  private bar: SingleBar | null = null;
  private start = performance.now();
  private lastLine = this.start;
  private skipped = 0;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly unit: string,
  ) {}

  /** @param wasFree the item cost nothing (an earlier run had it); it does not count towards the rate */
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
