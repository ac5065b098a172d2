import { RostroError, type ErrorCode } from '../../shared/errors.js';
import type { Alignment, AlignOptions, CentralFace, CentralOptions } from './batch.js';
import type { Before, CameraFrame, LiveFrame } from './live.js';
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
  | { readonly kind: 'live'; readonly frame: CameraFrame; readonly before: Before }
  | { readonly kind: 'central'; readonly bytes: Uint8Array; readonly options: CentralOptions }
  | { readonly kind: 'align'; readonly bytes: Uint8Array; readonly options: AlignOptions };

/** A request as a worker gets it. */
export type Task = Request & {
  /** Whether no other photo is looked at: then the detector may use as many threads as there are. */
  readonly alone: boolean;
};

/** Errors lose their class between threads, so an expected one travels as data. */
export type Reply<T> = { readonly value: T } | { readonly error: ErrorMessage };

interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** An unexpected error is only its words on the other side. */
export type Outcome<T> = Reply<T> | { readonly failure: string };

/** Whatever the work throws becomes data, so that a call that fails by itself means a thread that has ended. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof RostroError)) return { failure: stackOf(error) };
    return { error: { code: error.code, message: error.message, details: error.details } };
  }
}

/** @throws RostroError as it was thrown on the other side; Error with the words of an unexpected one */
export function unwrap<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  if ('failure' in outcome) throw new Error(outcome.failure);
  const { code, message, details } = outcome.error;
  throw new RostroError(code, message, { details });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
