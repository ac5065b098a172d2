import type { MessagePort } from 'node:worker_threads';
import { RostroError } from '../../shared/errors.js';
import { RpcClient } from '../../shared/rpc.js';
import type { EmbeddingNetwork } from '../embed/embedder.js';

export type NetworkInfo = Pick<EmbeddingNetwork, 'contract' | 'cropLength' | 'provider'>;

/** What the thread that embeds faces offers, and the server to its worker processes. */
export interface EmbeddingMethods {
  /** @throws RostroError when the network cannot be loaded */
  info(): Promise<NetworkInfo>;
  embed(crops: Float32Array): Promise<Float32Array[]>;
}

/**
 * The embedding network of another thread. When that thread ends, pending calls throw `worker_restarted`, and the next call
 * connects to its successor.
 * @param openPort returns a port whose other end is given to the current embedding thread
 * @throws RostroError of the other thread when it cannot load the network
 */
export async function connectNetwork(openPort: () => MessagePort): Promise<EmbeddingNetwork> {
  const connect = () => new RpcClient<EmbeddingMethods>(openPort(), { closedError });
  let client = connect();
  const info = await client.call('info', []);
  return {
    ...info,
    embed(crops) {
      if (client.isClosed) client = connect();
      return client.call('embed', [crops], [crops.buffer as ArrayBuffer]);
    },
    dispose: () => Promise.resolve(client.close()),
  };
}

function closedError(): RostroError {
  return new RostroError('worker_restarted', 'The thread that embeds faces has ended and is being replaced.');
}
