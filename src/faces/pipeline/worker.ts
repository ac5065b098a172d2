import { MessageChannel, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { loadPipeline } from './load.js';
import { outcomeOf, type Answers, type Outcome, type Request, type Task } from './messages.js';
import { connectNetwork } from './remote-network.js';
import type { PipelineSpec } from './spec.js';

/** The pool hands the other end to the thread that embeds. */
function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  parentPort!.postMessage(port2, [port2]);
  return port1;
}

/** Loading starts with the thread; a failure is reported to whoever asks first. */
const network = connectNetwork(openPort);
const spec = workerData as PipelineSpec;
const loading = loadPipeline(spec, { network });
/**
 * Where photos are looked at side by side, threads that work together on one photo only wait for each other: sixteen
 * clients got 5 to 8 % more answers with one thread each, a single client waits 41 ms instead of 32 for them.
 */
const sideBySide = loading.then((alone) =>
  spec.threads === 1 || spec.detector.kind === 'haar' ? alone : loadPipeline({ ...spec, threads: 1 }, { network }),
);
for (const promise of [network, loading, sideBySide]) promise.catch(() => undefined);

export default function answer(request: Task): Promise<Outcome<Answers[Request['kind']]>> {
  return outcomeOf(async () => {
    const pipeline = await (request.alone ? loading : sideBySide);
    switch (request.kind) {
      case 'info':
        return pipeline.info;
      case 'portrait':
        return pipeline.portrait(request.bytes, request.face);
      case 'live':
        return pipeline.live(request.frame, request.before);
      case 'central':
        return pipeline.central(request.bytes, request.options);
      case 'align':
        return pipeline.align(request.bytes, request.options);
      default:
        return pipeline[request.kind](request.bytes);
    }
  });
}
