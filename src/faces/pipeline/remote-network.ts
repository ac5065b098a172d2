import type { MessagePort } from 'node:worker_threads';
import { RostroError } from '../../shared/errors.js';
import type { EmbeddingNetwork } from '../embed/embedder.js';
import type { EmbeddingAnswer, EmbeddingGreeting, EmbeddingRequest } from './embedding-messages.js';
import { unwrap } from './messages.js';

interface Asked {
  readonly resolve: (embeddings: Float32Array[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The embedding network of another thread. When that thread ends, what it was asked is answered with `worker_restarted`,
 * and the next call connects to its successor.
 * @param openPort gives a port whose other end is handed to the thread that embeds now
 * @throws RostroError as the network's loading threw it there
 */
export async function connectNetwork(openPort: () => MessagePort): Promise<EmbeddingNetwork> {
  let link = new Link(openPort());
  const { contract, cropLength, provider } = await link.greeting;
  return {
    contract,
    cropLength,
    provider,
    async embed(crops) {
      if (link.ended) link = new Link(openPort());
      await link.greeting;
      return link.embed(crops);
    },
    dispose: () => Promise.resolve(link.close()),
  };
}

/** One connection, until either end closes it. */
class Link {
  readonly greeting: Promise<Pick<EmbeddingNetwork, 'contract' | 'cropLength' | 'provider'>>;
  ended = false;
  private readonly asked = new Map<number, Asked>();
  private next = 0;

  constructor(private readonly port: MessagePort) {
    this.greeting = new Promise((resolve, reject) => {
      port.once('message', ({ network }: EmbeddingGreeting) => {
        resolve(Promise.resolve(network).then(unwrap));
        port.on('message', (answer: EmbeddingAnswer) => this.take(answer));
      });
      port.once('close', () => {
        this.end();
        reject(lost());
      });
    });
    this.greeting.catch(() => undefined);
  }

  embed(crops: Float32Array): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(lost());
      const request: EmbeddingRequest = { id: this.next++, crops };
      this.asked.set(request.id, { resolve, reject });
      this.port.postMessage(request, [crops.buffer as ArrayBuffer]);
    });
  }

  close(): void {
    this.port.close();
  }

  private take({ id, embeddings }: EmbeddingAnswer): void {
    const waiting = this.asked.get(id);
    this.asked.delete(id);
    try {
      waiting?.resolve(unwrap(embeddings));
    } catch (error) {
      waiting?.reject(error as Error);
    }
  }

  private end(): void {
    this.ended = true;
    for (const { reject } of this.asked.values()) reject(lost());
    this.asked.clear();
  }
}

const lost = () => new RostroError('worker_restarted', 'The thread that embeds faces has ended and is being replaced.');
