import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { DeliveryFailure, type OpenReceiver, type OutgoingEvent } from './receiver.js';
import { EVENT_TYPES } from './event.js';

/** Status codes that a repeated request would get again. */
const PERMANENT_STATUSES = new Set([400, 405, 410, 411, 413, 414, 415, 422, 501]);

/** Error codes of a connection that was not made: the event has not arrived. */
const CONNECT_ERROR_CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The receiver that an entry of the webhooks file describes. */
export function webhookReceiver(settings: WebhookSettings): OpenReceiver {
  const { id, url, events, cameras } = settings;
  return () => ({
    id,
    kind: 'webhook',
    target: new URL(url).origin,
    folder: `webhook-${id}`,
    accepts: ({ type, camera }) => (events?.includes(type) ?? true) && (cameras?.includes(camera) ?? true),
    send: (sending, signal) => postEvent(settings, sending, signal),
  });
}

/**
 * Posts a signed event as JSON. Does not follow redirects, which would lead to an address that the operator did not set.
 * @throws DeliveryFailure
 */
export async function postEvent(
  { url, secret, timeoutSeconds }: WebhookSettings,
  { event, isRepeated }: OutgoingEvent,
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
  const timeout = new AbortController();
  const abort = () => timeout.abort();
  stop.addEventListener('abort', abort, { once: true });
  // A timer of our own: Node.js 20 may collect AbortSignal.timeout() before it fires where only AbortSignal.any() holds it.
  const timer = setTimeout(abort, 1000 * timeoutSeconds);
  const reply = await fetch(withoutCredentials(url), {
    method: 'POST',
    body,
    redirect: 'manual',
    signal: timeout.signal,
    headers: { ...headers, ...basicAuth(url) },
  })
    .catch((cause: unknown) => {
      throw timeout.signal.aborted ? timeoutFailure(timeoutSeconds, cause) : connectionFailure(cause);
    })
    .finally(() => {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    });
  await reply.body?.cancel().catch(() => undefined);
  if (reply.ok) return;
  throw new DeliveryFailure(
    PERMANENT_STATUSES.has(reply.status) ? 'refused' : 'answered',
    `It answered with ${reply.status}.`,
  );
}

/** `fetch` refuses a URL that contains a password. */
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

function timeoutFailure(timeoutSeconds: number, cause: unknown): DeliveryFailure {
  return new DeliveryFailure('unanswered', `It did not answer within ${timeoutSeconds} s.`, { cause });
}

function connectionFailure(cause: unknown): DeliveryFailure {
  const { code } = ((cause as Error | undefined)?.cause ?? {}) as { code?: unknown };
  const sentence = typeof code === 'string' ? `It cannot be reached: ${code}.` : 'It cannot be reached.';
  return new DeliveryFailure(CONNECT_ERROR_CODES.has(code) ? 'unsent' : 'unanswered', sentence, { cause });
}

/**
 * The value of `x-rostro-signature`: `t=` seconds since 1970, `v1=` hexadecimal HMAC-SHA256 of `<t>.<body>` with the
 * secret. The receiver compares the signature and refuses requests older than some minutes.
 * @param body exactly as sent
 */
export function signatureOf(body: string, secret: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

const isWebUrl = (text: string) => /^https?:\/\//i.test(text) && URL.canParse(text);

/** One webhook of the webhooks file. */
export const webhookSettings = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'give 1 to 50 small letters, digits, - or _'),
  url: z.string().max(2000).refine(isWebUrl, 'give a URL with http:// or https://'),
  /** Key of the signature, shared with the receiver. */
  secret: z.string().min(16).max(200),
  /** Default: all. */
  events: z.array(z.enum(EVENT_TYPES)).min(1).optional(),
  /** Ids of cameras. Default: all. */
  cameras: z.array(z.string()).min(1).optional(),
  timeoutSeconds: z.number().min(1).max(60).default(10),
});

export type WebhookSettings = z.infer<typeof webhookSettings>;

export const webhooksFile = z.strictObject({ webhooks: z.array(webhookSettings).max(50) });
