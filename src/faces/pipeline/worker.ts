import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { openEngine } from '../../engine/open-engine.js';
import { loadSharp } from '../image/sharp.js';
import { RostroError } from '../../shared/errors.js';
import { onFirstUse, SerialQueue } from '../../shared/queue.js';
import { processPort, RpcClient, serveRpc } from '../../shared/rpc.js';
import type { EmbeddingNetwork } from '../embed/embedder.js';
import type { FacePipeline } from './face-pipeline.js';
import { loadLiveness, loadNetwork, loadPipeline } from './load.js';
import type { PipelineInfo, PipelineMethod, PipelineRequest } from './pipeline.js';
import type { EmbeddingMethods } from './remote-network.js';
import type { PipelineSpec } from './spec.js';

/** One call of a pipeline method. */
export interface PipelineCall<M extends PipelineMethod = PipelineMethod> {
  readonly method: M;
  readonly request: PipelineRequest<M>;
}

/** What the pool sends to a worker. */
export interface WorkerTask {
  readonly call: PipelineCall;
  /** No other photo is being processed, so the detector may use as many threads as there are. */
  readonly alone: boolean;
}

/** What a worker process offers to the pool. */
export interface WorkerMethods {
  /** Called once, before `run`. @throws RostroError when a network cannot be loaded */
  load(spec: PipelineSpec): Promise<PipelineInfo>;
  run(task: WorkerTask): Promise<{ readonly result: unknown; readonly memoryBytes: number }>;
}

/** The server, which answers all requests, has priority on busy cores. */
const NICE = 5;

/**
 * `sideBySide` is for photos that are processed at the same time, because threads that share one photo only wait for each
 * other then: sixteen clients got 5 to 8 % more answers with one thread each, while a single client waits 41 ms instead
 * of 32. Frames of a camera, which come without end, take a sixth less CPU time there too: 19.2 instead of 23.1 ms. It is
 * loaded with the first photo that needs it, so that the start does not wait for it.
 */
let pipelines: { readonly alone: FacePipeline; readonly sideBySide: () => Promise<FacePipeline> };

// While the server loads its modules.
loadSharp();

const port = processPort(process);
const embedding = new RpcClient<EmbeddingMethods>(port, {
  closedError: () => new RostroError('worker_restarted', 'The server has ended.'),
});
serveRpc<WorkerMethods>(port, {
  async load(spec) {
    const network = spec.embedsApart ? networkOfServer() : ownNetwork(spec);
    network.catch(() => undefined);
    // TensorFlow.js must not be started a second time before it has started.
    if (!spec.embedsApart) await network;
    const liveness = loadLiveness(spec);
    liveness.catch(() => undefined);
    const shared = { network, liveness };
    const alone = await loadPipeline(spec, shared);
    const isSame = spec.threads === 1 || spec.detector.kind === 'haar';
    const loadOther = () => (isSame ? Promise.resolve(alone) : loadPipeline({ ...spec, threads: 1 }, shared));
    pipelines = { alone, sideBySide: onFirstUse(loadOther) };
    return alone.info;
  },
  async run({ call: { method, request }, alone }) {
    const isAlone = alone && method !== 'live';
    const result = await (isAlone ? pipelines.alone : await pipelines.sideBySide()).run(method, request);
    return { result, memoryBytes: ownMemory() };
  },
});

async function networkOfServer(): Promise<EmbeddingNetwork> {
  return {
    ...(await embedding.call('info', [])),
    embed: (crops) => embedding.call('embed', [crops]),
    dispose: () => Promise.resolve(),
  };
}

/** One session for both pipelines. With one thread, because workers embed side by side. */
async function ownNetwork(spec: PipelineSpec): Promise<EmbeddingNetwork> {
  const network = await loadNetwork(spec, await openEngine(spec.embeddingEngine, 1));
  const { contract, cropLength, provider } = network;
  // A session is not re-entrant.
  const runs = new SerialQueue();
  return {
    contract,
    cropLength,
    provider,
    embed: (crops) => runs.run(() => network.embed(crops)),
    dispose: () => network.dispose(),
  };
}

/** Resident memory without what processes share, such as the code of libraries. */
function ownMemory(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

try {
  setPriority(NICE);
} catch {
  // Some systems forbid it; then the server has no priority.
}
// The server ends this process. A signal from a terminal goes to both.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
