import { RostroError, type ErrorCode } from '../errors.js';
import type { Alignment, AlignOptions, CentralFace, CentralOptions } from './batch.js';
import type { Before, LiveFrame } from './live.js';
import type { Analysis, Detection, PipelineInfo, Portrait } from './pipeline.js';

/** What the pool asks of a worker, and what each request is answered with. */
export interface Answers {
  info: PipelineInfo;
  detect: Detection;
  analyse: Analysis;
  portrait: Portrait;
  live: LiveFrame;
  central: CentralFace;
  align: Alignment;
}

export type Request =
  | { readonly kind: 'info' }
  | { readonly kind: 'detect' | 'analyse'; readonly bytes: Uint8Array }
  | { readonly kind: 'portrait'; readonly bytes: Uint8Array; readonly face: number | undefined }
  | { readonly kind: 'live'; readonly bytes: Uint8Array; readonly before: Before }
  | { readonly kind: 'central'; readonly bytes: Uint8Array; readonly options: CentralOptions }
  | { readonly kind: 'align'; readonly bytes: Uint8Array; readonly options: AlignOptions };

/** Errors lose their class between threads, so an expected one travels as data. */
export type Reply<T> = { readonly value: T } | { readonly error: ErrorMessage };

interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Unexpected errors are not caught: piscina carries their message and stack to the caller. */
export async function replyWith<T>(work: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return { error: { code: error.code, message: error.message, details: error.details } };
  }
}

/** @throws RostroError as it was thrown in the worker */
export function unwrap<T>(reply: Reply<T>): T {
  if ('value' in reply) return reply.value;
  const { code, message, details } = reply.error;
  throw new RostroError(code, message, { details });
}
