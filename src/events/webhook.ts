import type { CameraEvent } from './event.js';
import type { Sending } from './delivery/delivery.js';
import { DeliveryFailure } from './delivery/failure.js';
import { signatureOf } from './signature.js';
import type { WebhookSettings } from './webhook-settings.js';

/** Answers that say that this request will never be taken. */
const NEVER = new Set([400, 405, 410, 411, 413, 414, 415, 422, 501]);

/** What is said before there is a connection. */
const NOTHING_SENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export function isWantedBy({ events, cameras }: WebhookSettings): (event: CameraEvent) => boolean {
  return ({ type, camera }) => (events?.includes(type) ?? true) && (cameras?.includes(camera) ?? true);
}

/**
 * Posts an event as JSON, signed. Redirections are not followed: the address is the operator's.
 * @throws DeliveryFailure
 */
export async function postEvent(
  { url, secret, timeoutSeconds }: WebhookSettings,
  { event, isRepeated }: Sending,
  stop: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(event);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'rostro',
    'x-rostro-event': event.type,
    'x-rostro-delivery': event.id,
    'x-rostro-repeated': String(isRepeated),
    'x-rostro-signature': signatureOf(body, secret, new Date()),
  };
  const late = new AbortController();
  const abort = () => late.abort();
  stop.addEventListener('abort', abort, { once: true });
  // A timer of our own: Node.js 20 may collect AbortSignal.timeout() before it fires where only AbortSignal.any() holds it.
  const timer = setTimeout(abort, 1000 * timeoutSeconds);
  const reply = await fetch(withoutCredentials(url), {
    ...{ method: 'POST', body, redirect: 'manual', signal: late.signal },
    headers: { ...headers, ...basicAuth(url) },
  })
    .catch((cause: unknown) => {
      throw late.signal.aborted ? tooLate(timeoutSeconds, cause) : notReached(cause);
    })
    .finally(() => {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    });
  await reply.body?.cancel().catch(() => undefined);
  if (reply.ok) return;
  throw new DeliveryFailure(NEVER.has(reply.status) ? 'refused' : 'answered', `It answered with ${reply.status}.`);
}

/** `fetch` takes no URL with a password in it. */
function withoutCredentials(text: string): URL {
  const url = new URL(text);
  url.username = url.password = '';
  return url;
}

function basicAuth(text: string): Record<string, string> {
  const { username, password } = new URL(text);
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function tooLate(timeoutSeconds: number, cause: unknown): DeliveryFailure {
  return new DeliveryFailure('unanswered', `It did not answer within ${timeoutSeconds} s.`, { cause });
}

function notReached(cause: unknown): DeliveryFailure {
  const { code } = ((cause as Error | undefined)?.cause ?? {}) as { code?: unknown };
  const sentence = typeof code === 'string' ? `It cannot be reached: ${code}.` : 'It cannot be reached.';
  return new DeliveryFailure(NOTHING_SENT.has(code) ? 'unsent' : 'unanswered', sentence, { cause });
}
