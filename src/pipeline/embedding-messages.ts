import type { EmbeddingNetwork } from '../embed/embedder.js';
import { replyWith, type Reply } from './messages.js';

/** What a worker that finds faces and the thread that embeds them say to each other over their port. */
export interface EmbeddingRequest {
  readonly id: number;
  readonly crops: Float32Array;
}

/** Sent once, before any answer: the network is loaded, or why it cannot be. */
export interface EmbeddingGreeting {
  readonly network: Outcome<Pick<EmbeddingNetwork, 'contract' | 'cropLength' | 'provider'>>;
}

export interface EmbeddingAnswer {
  readonly id: number;
  readonly embeddings: Outcome<Float32Array[]>;
}

/** An unexpected error is only its words on the other side. */
export type Outcome<T> = Reply<T> | { readonly failure: string };

export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return await replyWith(work);
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
