import type { ApiErrorCode } from './error-details.js';
import { RostroApiError } from './error.js';

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
