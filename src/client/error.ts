import type { Box, ErrorCode, ImageSize, Quality } from './types.js';

export interface ErrorFacts {
  readonly status?: number | undefined;
  readonly details?: object | undefined;
  readonly requestId?: string | null | undefined;
  readonly retryAfterSeconds?: number | null | undefined;
  readonly cause?: unknown;
}

/**
 * Whatever a call fails with, but for what is the caller's own: the reason of their signal, the failure of a stream that they send, a
 * `TypeError` where there is no WebSocket. `is` narrows
 * the type of `details`.
 */
export class RostroApiError extends Error {
  override readonly name = 'RostroApiError';
  /** Stable; to branch on. */
  readonly code: ApiErrorCode;
  /** Of HTTP; 0 where there was no reply. */
  readonly status: number;
  /** Facts, such as the boxes of the faces that were found; empty where there are none. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The server's log knows the request by it. */
  readonly requestId: string | null;
  /** How long the server asks to wait. */
  readonly retryAfterSeconds: number | null;

  /** @param message a sentence, English, for people */
  constructor(code: ApiErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.details = { ...facts.details };
    this.requestId = facts.requestId ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }

  /** Whether it is of this code, to the compiler too: `if (error.is('several_faces')) error.details.faces`. */
  is<Code extends ApiErrorCode>(code: Code): this is FailureWith<Code> {
    return this.code === code;
  }
}

/** A failure of one code, whose details are known. */
export type FailureWith<Code extends ApiErrorCode> = RostroApiError & {
  readonly code: Code;
  readonly details: DetailsOf<Code>;
};

/** The client's own codes: the server cannot be reached, does not answer in time, answers what Rostro would not. */
export type ClientErrorCode = 'unreachable' | 'timeout' | 'bad_reply';

/** A server that is newer than the client may have more. */
export type ApiErrorCode = ErrorCode | ClientErrorCode;

/** Where the faces are; `face` of an enrolment counts them from 0. */
export interface FoundFaces {
  readonly image: ImageSize;
  readonly faces: readonly { readonly box: Box; readonly confidence: number }[];
}

/** The facts that come with a code, where there are any. */
export interface KnownDetails {
  readonly no_face: { readonly image?: ImageSize; readonly photo?: number };
  readonly several_faces: FoundFaces;
  /** Where a face was asked for that the photo does not have. */
  readonly bad_request: Partial<FoundFaces>;
  readonly face_too_small: { readonly minFacePx: number; readonly quality: Quality };
  readonly image_too_large: { readonly width?: number; readonly height?: number; readonly maxPixels?: number };
  readonly nothing_enrolled: {
    readonly rejected: readonly {
      readonly file: string | null;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly details: object };
    }[];
  };
  readonly bad_archive: { readonly reason?: string; readonly entry?: string };
  /** Whose it is. */
  readonly id_taken: { readonly name?: string };
  /** Why: `storage`, `database`, `queue`, `embedding`; none while the networks are being loaded. */
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

/** What a reply says that is not a success: the server's own error, or `bad_reply` where something in between answered. */
export async function failureOf(reply: Response): Promise<RostroApiError> {
  const { status, headers } = reply;
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), headers.get('date'));
  const facts = { status, retryAfterSeconds, requestId: headers.get('x-request-id') };
  if (reply.type === 'opaqueredirect' || (status >= 300 && status < 400)) return redirected(headers, facts);
  const { error, requestId } = ((await reply.json().catch(() => null)) ?? {}) as FailureBody;
  if (typeof error?.code !== 'string') {
    return new RostroApiError('bad_reply', `Something that is not Rostro answered with status ${status}.`, facts);
  }
  const details = typeof error.details === 'object' && error.details !== null ? error.details : {};
  const id = typeof requestId === 'string' ? requestId : facts.requestId;
  return new RostroApiError(error.code as ApiErrorCode, String(error.message), { ...facts, details, requestId: id });
}

/** The key must not follow to an address that nobody has named. */
function redirected(headers: Headers, facts: object): RostroApiError {
  const target = headers.get('location') ?? 'another address';
  return new RostroApiError('bad_reply', `The server leads to ${target}: give that as the url.`, facts);
}

/** What a failure on the way means, which has no reply. */
export function unreachable(url: string, cause: unknown): RostroApiError {
  if (cause instanceof RostroApiError) return cause;
  const { message, cause: inner } = cause as Error;
  const reason = inner instanceof Error && inner.message !== '' ? inner.message : message;
  return new RostroApiError('unreachable', `The server at ${url} cannot be reached: ${reason}.`, { cause });
}

/**
 * Seconds to wait. Source: RFC 9110, 10.2.3: a number of them or a date, which is read by the clock of whoever sent it.
 * @param date of the reply
 */
export function parseRetryAfter(value: string | null, date: string | null): number | null {
  if (value === null || value.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value);
  const [until, sent] = [Date.parse(value), Date.parse(date ?? '')];
  if (!/^\s*[a-z]{3}/i.test(value) || Number.isNaN(until)) return null;
  return Math.max(0, (until - (Number.isNaN(sent) ? Date.now() : sent)) / 1000);
}
