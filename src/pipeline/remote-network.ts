import type { MessagePort } from 'node:worker_threads';
import type { EmbeddingNetwork } from '../embed/embedder.js';
import type { EmbeddingAnswer, EmbeddingGreeting, EmbeddingRequest, Outcome } from './embedding-messages.js';
import { unwrap } from './messages.js';

interface Asked {
  readonly resolve: (embeddings: Float32Array[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The embedding network of another thread, at the other end of a port.
 * @throws RostroError as the network's loading threw it there
 */
export async function connectNetwork(port: MessagePort): Promise<EmbeddingNetwork> {
  const asked = new Map<number, Asked>();
  const closed = new Error('the thread that embeds faces has ended');
  let next = 0;
  const greeting = new Promise<EmbeddingGreeting>((resolve, reject) => {
    port.once('message', resolve);
    port.once('close', () => reject(closed));
  });
  const { contract, cropLength, provider } = result((await greeting).network);
  port.on('message', ({ id, embeddings }: EmbeddingAnswer) => {
    const waiting = asked.get(id);
    asked.delete(id);
    try {
      waiting?.resolve(result(embeddings));
    } catch (error) {
      waiting?.reject(error as Error);
    }
  });
  port.once('close', () => {
    for (const { reject } of asked.values()) reject(closed);
    asked.clear();
  });
  return {
    contract,
    cropLength,
    provider,
    embed: (crops) =>
      new Promise((resolve, reject) => {
        const request: EmbeddingRequest = { id: next++, crops };
        asked.set(request.id, { resolve, reject });
        port.postMessage(request, [crops.buffer as ArrayBuffer]);
      }),
    dispose: () => Promise.resolve(port.close()),
  };
}

function result<T>(outcome: Outcome<T>): T {
  if ('failure' in outcome) throw new Error(outcome.failure);
  return unwrap(outcome);
}
