import { type ChildProcess, fork } from 'node:child_process';
import { RostroError } from '../../shared/errors.js';
import { processPort, RpcClient, serveRpc } from '../../shared/rpc.js';
import { threadFile } from '../../shared/thread-file.js';
import type { PipelineInfo } from './pipeline.js';
import type { EmbeddingMethods } from './remote-network.js';
import type { PipelineSpec } from './spec.js';
import type { WorkerMethods, WorkerTask } from './worker.js';

/** While the networks look at one photo, a worker decodes the next. */
export const PHOTOS_PER_WORKER = 2;
/** As for the threads; keeps the young generation below 8 MB. */
const NODE_OPTIONS = ['--max-semi-space-size=2'];

/** Ended with this process, even if they hang. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
/** Those of `startWorkers` that nobody has taken. */
const waiting = new Set<ChildProcess>();

/**
 * Starts processes for the next pool, which load their modules while this process loads its own.
 * @returns ends those that no pool has taken
 */
export function startWorkers(count: number): () => void {
  for (let i = 0; i < count; i++) {
    const child = startProcess();
    // One that cannot be started, or ends, is not taken.
    for (const event of ['error', 'exit']) child.once(event, () => waiting.delete(child));
    child.channel?.unref();
    waiting.add(child);
  }
  return () => {
    for (const child of waiting) child.kill('SIGKILL');
    waiting.clear();
  };
}

function startProcess(): ChildProcess {
  const { filename, execArgv = [] } = threadFile('worker', import.meta.url);
  const child = fork(filename, {
    serialization: 'advanced',
    execArgv: [...NODE_OPTIONS, ...execArgv],
    // Standard output is for the results of commands.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.unref();
  return child;
}

function takeWaiting(): ChildProcess | undefined {
  const [child] = waiting;
  waiting.delete(child);
  return child;
}

/** A process that runs the pipeline. It can be ended at any moment, unlike a thread. */
export class WorkerProcess {
  /** Photos that it is processing. */
  photos = 0;
  isLoaded = false;
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  /** Of its own, without what it shares with other processes, when it answered last. */
  memoryBytes = 0;
  /** Rejects when a network cannot be loaded, or the process ends before. */
  readonly loaded: Promise<PipelineInfo>;
  private readonly client: RpcClient<WorkerMethods>;

  /**
   * @param embedding null where the worker runs the embedding network itself
   * @param onEnd called once, before the calls of its photos reject with `worker_restarted`
   */
  constructor(
    spec: PipelineSpec,
    embedding: EmbeddingMethods | null,
    private readonly onEnd: (worker: WorkerProcess) => void,
  ) {
    const child = takeWaiting() ?? startProcess();
    this.pid = child.pid;
    const port = processPort(child);
    if (embedding !== null) {
      serveRpc<EmbeddingMethods>(port, {
        info: () => embedding.info(),
        embed: (crops) => embedding.embed(crops),
      });
    }
    this.client = new RpcClient<WorkerMethods>(port, { closedError, onClose: () => this.end(child) });
    for (const event of ['error', 'exit']) child.once(event, () => this.client.close());
    this.loaded = this.client.call('load', [spec]);
    this.loaded.then(
      () => (this.isLoaded = true),
      () => undefined,
    );
  }

  get isFree(): boolean {
    return this.isLoaded && this.photos < PHOTOS_PER_WORKER;
  }

  /** @throws RostroError those of the method; `worker_restarted` when the process has ended before it could answer */
  async run(task: WorkerTask): Promise<unknown> {
    const { result, memoryBytes } = await this.client.call('run', [task]);
    this.memoryBytes = memoryBytes;
    return ownCopy(result);
  }

  /** Ends the process at once. */
  kill(): void {
    this.client.close();
  }

  private end(child: ChildProcess): void {
    child.kill('SIGKILL');
    this.onEnd(this);
  }
}

function closedError(): RostroError {
  return new RostroError('worker_restarted', 'The process that looked at the photo has ended.');
}

/** Received arrays are parts of the whole message, which would stay in memory as long as one of them. */
function ownCopy(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
  if (Array.isArray(value)) return value.map(ownCopy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, ownCopy(part)]));
}
