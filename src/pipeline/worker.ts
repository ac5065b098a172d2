import { MessageChannel, parentPort, workerData } from 'node:worker_threads';
import { loadPipeline } from './load.js';
import { replyWith, type Answers, type Reply, type Request } from './messages.js';
import { connectNetwork } from './remote-network.js';
import type { PipelineSpec } from './spec.js';

/** The pool hands the other end to the thread that embeds. */
const { port1: embedding, port2: forPool } = new MessageChannel();
parentPort!.postMessage(forPool, [forPool]);

/** Loading starts with the thread; a failure is reported to whoever asks first. */
const network = connectNetwork(embedding);
const loading = loadPipeline(workerData as PipelineSpec, { network });
for (const promise of [network, loading]) promise.catch(() => undefined);

export default function answer(request: Request): Promise<Reply<Answers[Request['kind']]>> {
  return replyWith(async () => {
    const pipeline = await loading;
    switch (request.kind) {
      case 'info':
        return pipeline.info;
      case 'portrait':
        return pipeline.portrait(request.bytes, request.face);
      case 'live':
        return pipeline.live(request.bytes, request.before);
      case 'central':
        return pipeline.central(request.bytes, request.options);
      case 'align':
        return pipeline.align(request.bytes, request.options);
      default:
        return pipeline[request.kind](request.bytes);
    }
  });
}
