import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { AlignOptions, BatchPipeline, CentralOptions } from './batch.js';
import { unwrap, type Answers, type Reply, type Request } from './messages.js';
import type { Pipeline, PipelineInfo } from './pipeline.js';
import type { PipelineSpec } from './spec.js';

/** Compiled code runs as it lies; from TypeScript sources (tests) the worker needs the tsx loader. */
const compiled = fileURLToPath(new URL('./worker.js', import.meta.url));
const worker = existsSync(compiled)
  ? { filename: compiled }
  : { filename: fileURLToPath(new URL('./worker.ts', import.meta.url)), execArgv: ['--import', 'tsx'] };

/**
 * onnxruntime 1.30 reads the command line of the process with a recursive regular expression, which overflows the 4 MB
 * that Node gives a thread once the line has 16,000 characters: a command over a few hundred files. Address space only.
 */
const STACK_MB = 256;

/** The pipeline in worker threads, because inference blocks the thread that it runs on. */
export class PipelinePool implements Pipeline, BatchPipeline {
  private constructor(
    private readonly threads: Piscina,
    readonly info: PipelineInfo,
  ) {}

  /**
   * Starts the workers and waits until each has loaded its networks and run them once.
   * @throws RostroError when a network cannot be loaded
   */
  static async start(spec: PipelineSpec, workers: number): Promise<PipelinePool> {
    const resourceLimits = { stackSizeMb: STACK_MB };
    const counts = { minThreads: workers, maxThreads: workers };
    const threads = new Piscina({ ...worker, ...counts, workerData: spec, resourceLimits });
    try {
      const infos = await Promise.all(Array.from({ length: workers }, () => ask(threads, { kind: 'info' })));
      return new PipelinePool(threads, infos[0]);
    } catch (error) {
      await threads.destroy();
      throw error;
    }
  }

  async detect(bytes: Uint8Array): Promise<Answers['detect']> {
    return ask(this.threads, { kind: 'detect', bytes });
  }

  async analyse(bytes: Uint8Array): Promise<Answers['analyse']> {
    return ask(this.threads, { kind: 'analyse', bytes });
  }

  async portrait(bytes: Uint8Array, face?: number): Promise<Answers['portrait']> {
    return ask(this.threads, { kind: 'portrait', bytes, face });
  }

  async central(bytes: Uint8Array, options: CentralOptions): Promise<Answers['central']> {
    return ask(this.threads, { kind: 'central', bytes, options });
  }

  async align(bytes: Uint8Array, options: AlignOptions): Promise<Answers['align']> {
    return ask(this.threads, { kind: 'align', bytes, options });
  }

  /** Waits for what runs, drops what waits, ends the threads. */
  async close(): Promise<void> {
    await this.threads.close({ force: false });
  }
}

async function ask<K extends Request['kind']>(threads: Piscina, request: Request & { kind: K }): Promise<Answers[K]> {
  return unwrap((await threads.run(request)) as Reply<Answers[K]>);
}
