import type { Box, ErrorCode, ImageSize, Quality, RecognizedFace } from './types.js';

export interface ErrorFacts {
  readonly status?: number | undefined;
  readonly details?: object | undefined;
  readonly requestId?: string | null | undefined;
  readonly retryAfterSeconds?: number | null | undefined;
  readonly cause?: unknown;
}

/**
 * The error of a failed call. Other errors are the caller's own: the reason of the signal, the error of a stream to send, a
 * `TypeError` without a WebSocket. `is` narrows the type of `details`.
 */
export class RostroApiError extends Error {
  override readonly name = 'RostroApiError';
  /** Stable, for use in conditions. */
  readonly code: ApiErrorCode;
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** Facts, such as the boxes of the faces found; may be empty. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Id of the request in the server's log. */
  readonly requestId: string | null;
  /** Delay that the server asks for. */
  readonly retryAfterSeconds: number | null;

  /** @param message an English sentence for people */
  constructor(code: ApiErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.details = { ...facts.details };
    this.requestId = facts.requestId ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }

  /** Whether the error has this code; narrows the type: `if (error.is('several_faces')) error.details.faces`. */
  is<Code extends ApiErrorCode>(code: Code): this is FailureWith<Code> {
    return this.code === code;
  }
}

/** An error with a known code and its details. */
export type FailureWith<Code extends ApiErrorCode> = RostroApiError & {
  readonly code: Code;
  readonly details: DetailsOf<Code>;
};

/** The client's own codes: no connection, no response in time, a response that is not Rostro's. */
export type ClientErrorCode = 'unreachable' | 'timeout' | 'bad_reply';

/** A newer server may have further codes. */
export type ApiErrorCode = ErrorCode | ClientErrorCode;

/** The faces on a photo; `face` of an enrolment is an index into `faces`. */
export interface FoundFaces {
  readonly image: ImageSize;
  readonly faces: readonly { readonly box: Box; readonly confidence: number }[];
}

/** The details of each code that has some. */
export interface KnownDetails {
  readonly no_face: { readonly image?: ImageSize; readonly photo?: number };
  readonly several_faces: FoundFaces;
  /** If the index `face` does not exist on the photo. */
  readonly bad_request: Partial<FoundFaces>;
  readonly face_too_small: { readonly minFacePx: number; readonly quality: Quality };
  readonly not_live: { readonly live: RecognizedFace['live'] };
  readonly image_too_large: { readonly width?: number; readonly height?: number; readonly maxPixels?: number };
  readonly nothing_enrolled: {
    readonly rejected: readonly {
      readonly file: string | null;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly details: object };
    }[];
  };
  readonly bad_archive: { readonly reason?: string; readonly entry?: string };
  /** The person who has the id. */
  readonly id_taken: { readonly name?: string };
  /** `storage`, `database`, `queue` or `embedding`; missing while the networks are loading. */
  readonly not_ready: { readonly reason?: string };
  readonly too_many_requests: { readonly retryAfterSeconds?: number };
}

export type DetailsOf<Code extends string> = Code extends keyof KnownDetails
  ? KnownDetails[Code]
  : Readonly<Record<string, unknown>>;

interface FailureBody {
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly details?: unknown };
  readonly requestId?: unknown;
}

/** The server's error in a response, or `bad_reply` for a response that is not Rostro's. */
export async function errorFromResponse(reply: Response): Promise<RostroApiError> {
  const { status, headers } = reply;
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), headers.get('date'));
  const facts = { status, retryAfterSeconds, requestId: headers.get('x-request-id') };
  if (reply.type === 'opaqueredirect' || (status >= 300 && status < 400)) return redirectError(headers, facts);
  const { error, requestId } = ((await reply.json().catch(() => null)) ?? {}) as FailureBody;
  if (typeof error?.code !== 'string') {
    return new RostroApiError('bad_reply', `Something that is not Rostro answered with status ${status}.`, facts);
  }
  const details = typeof error.details === 'object' && error.details !== null ? error.details : {};
  const id = typeof requestId === 'string' ? requestId : facts.requestId;
  return new RostroApiError(error.code as ApiErrorCode, String(error.message), { ...facts, details, requestId: id });
}

/** Redirects are not followed: the key must not be sent to another address. */
function redirectError(headers: Headers, facts: object): RostroApiError {
  const target = headers.get('location') ?? 'another URL';
  return new RostroApiError('bad_reply', `The server redirects to ${target}: use that as the url.`, facts);
}

/** The error for a request without a response. */
export function unreachableError(url: string, cause: unknown): RostroApiError {
  if (cause instanceof RostroApiError) return cause;
  const { message, cause: inner } = cause as Error;
  const reason = inner instanceof Error && inner.message !== '' ? inner.message : message;
  return new RostroApiError('unreachable', `The server at ${url} cannot be reached: ${reason}.`, { cause });
}

/**
 * Parses Retry-After, a number of seconds or a date. Source: RFC 9110, 10.2.3.
 * @param date the Date header of the response, the clock for the date
 * @returns seconds
 */
export function parseRetryAfter(value: string | null, date: string | null): number | null {
  if (value === null || value.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value);
  const [until, sent] = [Date.parse(value), Date.parse(date ?? '')];
  if (!/^\s*[a-z]{3}/i.test(value) || Number.isNaN(until)) return null;
  return Math.max(0, (until - (Number.isNaN(sent) ? Date.now() : sent)) / 1000);
}
