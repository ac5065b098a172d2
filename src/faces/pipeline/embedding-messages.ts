import type { EmbeddingNetwork } from '../embed/embedder.js';
import type { Outcome } from './messages.js';

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
