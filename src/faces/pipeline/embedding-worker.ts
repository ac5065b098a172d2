import { workerData, type MessagePort } from 'node:worker_threads';
import { openEngine } from '../../engine/open-engine.js';
import { serveRpc } from '../../shared/rpc.js';
import { EmbeddingBatches } from './embedding-batches.js';
import { loadNetwork } from './load.js';
import type { EmbeddingMethods } from './remote-network.js';
import type { PipelineSpec } from './spec.js';

const spec = workerData as PipelineSpec;
const loading = openEngine(spec.embeddingEngine, spec.embeddingThreads).then((engine) => loadNetwork(spec, engine));
const batches = loading.then((network) => new EmbeddingBatches(network));
batches.catch(() => undefined);

const methods: EmbeddingMethods = {
  async info() {
    const { contract, cropLength, provider } = await loading;
    return { contract, cropLength, provider };
  },
  embed: async (crops) => (await batches).embed(crops),
};

/** Each task is the port of a worker to serve from now on. The task ends with the loading, so that closing waits for it. */
export default async function serve(port: MessagePort): Promise<void> {
  serveRpc(port, methods);
  await loading.catch(() => undefined);
}
