import { MessageChannel, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { outcomeOf, type Outcome } from '../../shared/rpc.js';
import { loadPipeline } from './load.js';
import type { PipelineMethod, PipelineRequest } from './pipeline.js';
import { connectNetwork } from './remote-network.js';
import type { PipelineSpec } from './spec.js';

/** One call of a pipeline method. */
export interface PipelineCall<M extends PipelineMethod = PipelineMethod> {
  readonly method: M;
  readonly request: PipelineRequest<M>;
}

/** What the pool sends to a worker. */
export interface WorkerTask {
  /** Null asks for the pipeline's `info`. */
  readonly call: PipelineCall | null;
  /** No other photo is being processed, so the detector may use as many threads as there are. */
  readonly alone: boolean;
}

/** The pool gives the other end to the thread that embeds. */
function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  parentPort!.postMessage(port2, [port2]);
  return port1;
}

/** Loading starts with the thread; every task reports a failure. */
const network = connectNetwork(openPort);
const spec = workerData as PipelineSpec;
const loading = loadPipeline(spec, { network });
/**
 * For photos that are processed side by side, because threads that share one photo only wait for each other then: sixteen
 * clients got 5 to 8 % more answers with one thread each, while a single client waits 41 ms instead of 32.
 */
const sideBySide = loading.then((alone) =>
  spec.threads === 1 || spec.detector.kind === 'haar' ? alone : loadPipeline({ ...spec, threads: 1 }, { network }),
);
for (const promise of [network, loading, sideBySide]) promise.catch(() => undefined);

export default function runTask({ call, alone }: WorkerTask): Promise<Outcome<unknown>> {
  return outcomeOf(async () => {
    const pipeline = await (alone ? loading : sideBySide);
    return call === null ? pipeline.info : pipeline.run(call.method, call.request);
  });
}
