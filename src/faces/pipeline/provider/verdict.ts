import type { Provider } from '../../../engine/engine.js';

/** What a network can run on beside the CPU. */
export type GpuProvider = Exclude<Provider, 'cpu'>;

/** What is asked of the process that tries a provider. */
export interface Trial {
  readonly provider: GpuProvider;
  /** Of the CPU that it is compared with. */
  readonly threads: number;
}

/** A run of the trial network on either, milliseconds. */
export interface Timed {
  readonly cpuMs: number;
  readonly gpuMs: number;
}

/** How a provider did: how fast, or why it cannot be used, in words that end a sentence. */
export type Verdict = ({ readonly works: true } & Timed) | { readonly works: false; readonly reason: string };
