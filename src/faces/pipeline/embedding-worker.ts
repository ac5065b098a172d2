import { workerData, type MessagePort } from 'node:worker_threads';
import { openEngine } from '../../engine/open-engine.js';
import { EmbeddingBatches } from './embedding-batches.js';
import type { EmbeddingAnswer, EmbeddingGreeting, EmbeddingRequest } from './embedding-messages.js';
import { loadNetwork } from './load.js';
import { outcomeOf } from './messages.js';
import type { PipelineSpec } from './spec.js';

const spec = workerData as PipelineSpec;
const loading = openEngine(spec.embeddingEngine, spec.embeddingThreads).then((engine) => loadNetwork(spec, engine));
const batches = loading.then((network) => new EmbeddingBatches(network));
batches.catch(() => undefined);

/** Each task is the port of a worker to serve from now on. */
export default async function serve(port: MessagePort): Promise<void> {
  port.on('message', (request: EmbeddingRequest) => void answer(port, request));
  await greet(port);
}

async function greet(port: MessagePort): Promise<void> {
  const network = await outcomeOf(async () => {
    const { contract, cropLength, provider } = await loading;
    return { contract, cropLength, provider };
  });
  port.postMessage({ network } satisfies EmbeddingGreeting);
}

async function answer(port: MessagePort, { id, crops }: EmbeddingRequest): Promise<void> {
  const embeddings = await outcomeOf(async () => (await batches).embed(crops));
  port.postMessage({ id, embeddings } satisfies EmbeddingAnswer);
}
