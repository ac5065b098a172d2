import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { unwrap, type Answers, type Reply, type Request } from './messages.js';
import type { Pipeline, PipelineInfo } from './pipeline.js';
import type { PipelineSpec } from './spec.js';

/** Compiled code runs as it lies; from TypeScript sources (tests) the worker needs the tsx loader. */
const compiled = fileURLToPath(new URL('./worker.js', import.meta.url));
const worker = existsSync(compiled)
  ? { filename: compiled }
  : { filename: fileURLToPath(new URL('./worker.ts', import.meta.url)), execArgv: ['--import', 'tsx'] };

/** The pipeline in worker threads, because inference blocks the thread that it runs on. */
export class PipelinePool implements Pipeline {
  private constructor(
    private readonly threads: Piscina,
    readonly info: PipelineInfo,
  ) {}

  /**
   * Starts the workers and waits until each has loaded its networks and run them once.
   * @throws RostroError when a network cannot be loaded
   */
  static async start(spec: PipelineSpec, workers: number): Promise<PipelinePool> {
    const threads = new Piscina({ ...worker, workerData: spec, minThreads: workers, maxThreads: workers });
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

  /** Waits for what runs, drops what waits, ends the threads. */
  async close(): Promise<void> {
    await this.threads.close({ force: false });
  }
}

async function ask<K extends Request['kind']>(threads: Piscina, request: Request & { kind: K }): Promise<Answers[K]> {
  return unwrap((await threads.run(request)) as Reply<Answers[K]>);
}
