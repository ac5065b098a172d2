import { chunksOf } from './body.js';
import { RostroApiError } from './error.js';
import { type CallOptions, pathOf, withQuery } from './options.js';
import type { Requester } from './requester.js';
import { CallTimeout, retryDelayMs } from './retry.js';
import type { CameraEvent, DeliveryStatus, Receiver, Retried } from './types.js';

export interface EventOptions extends Pick<CallOptions, 'signal'> {
  /** Id of a camera. Default: all cameras. */
  readonly camera?: string | undefined;
  readonly type?: CameraEvent['type'] | undefined;
  /** Number of past events to begin with, up to 1000. @default 0 */
  readonly replay?: number | undefined;
  /** Id of the last known event: begins with the kept events after it instead of `replay`. */
  readonly since?: string | undefined;
  /** Called when a connection is open, from then on no event is missed, and when it is lost. */
  readonly onState?: ((state: 'open' | 'lost') => void) | undefined;
}

/** Reconnects after so long without data. The server sends a comment every 15 s. */
const SILENCE_MS = 40_000;
const RECONNECT_MS = 2000;
/** Errors that lead to a retry; all others end the events. */
const TRANSIENT_CODES = new Set<string>([
  'unreachable',
  'timeout',
  'busy',
  'not_ready',
  'too_many_requests',
  'database_unreachable',
]);

/**
 * The events of the cameras, without end. Each new connection continues after the last event.
 */
export class EventFeed {
  private lastId: string | undefined;
  private reconnectMs = RECONNECT_MS;
  private failures = 0;

  constructor(
    private readonly server: Requester,
    private readonly options: EventOptions,
  ) {
    this.lastId = options.since;
  }

  /** @throws RostroApiError that is not transient; the reason of the caller's signal */
  async *events(): AsyncGenerator<CameraEvent, void> {
    const { signal, onState } = this.options;
    for (;;) {
      const timeout = new CallTimeout(Infinity, signal);
      try {
        yield* this.connection(timeout.signal);
        onState?.('lost');
        await timeout.sleep(this.reconnectMs);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isTransient(error)) throw error;
        onState?.('lost');
        await timeout.sleep(Math.max(this.reconnectMs, retryDelayMs(error, this.failures++)));
      } finally {
        timeout.dispose();
      }
    }
  }

  /** The events of one connection. */
  private async *connection(signal: AbortSignal): AsyncGenerator<CameraEvent, void> {
    const { camera, type, replay, onState } = this.options;
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason as Error);
    signal.addEventListener('abort', abort);
    const startTimer = (): ReturnType<typeof setTimeout> =>
      setTimeout(() => controller.abort(silenceError()), SILENCE_MS);
    let timer = startTimer();
    try {
      const path = withQuery('/events', { camera, type, replay: this.lastId === undefined ? replay : undefined });
      const headers: Record<string, string> = this.lastId === undefined ? {} : { 'Last-Event-ID': this.lastId };
      const stream = await this.server.stream(
        { path, headers: { ...headers, Accept: 'text/event-stream' } },
        { signal: controller.signal, retries: 0 },
      );
      const parser = new SseParser();
      // The first id marks the beginning of the stream.
      let hasBegun = false;
      for await (const chunk of chunksOf(stream)) {
        clearTimeout(timer);
        for (const message of parser.push(chunk)) {
          this.failures = 0;
          if (message.id !== null && !hasBegun) onState?.('open');
          hasBegun ||= message.id !== null;
          this.reconnectMs = message.retryMs ?? this.reconnectMs;
          // Set after the yield: the caller may stop before it has the event.
          if (message.data !== null) yield JSON.parse(message.data) as CameraEvent;
          this.lastId = message.id ?? this.lastId;
        }
        timer = startTimer();
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      controller.abort();
    }
  }
}

const silenceError = () => new RostroApiError('timeout', 'The server stopped sending.');

function isTransient(error: unknown): error is RostroApiError {
  if (!(error instanceof RostroApiError)) return false;
  return TRANSIENT_CODES.has(error.code) || (error.code === 'bad_reply' && error.status >= 500);
}

/** One message of a stream; `data` is null when the message only sets the id. */
export interface SseMessage {
  readonly id: string | null;
  readonly data: string | null;
  readonly retryMs: number | null;
}

/**
 * Parses a stream of Server-Sent Events. A comment becomes a message whose fields are null.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class SseParser {
  private readonly decoder = new TextDecoder();
  private text = '';

  /** @returns the messages that are complete now */
  push(chunk: Uint8Array): SseMessage[] {
    this.text += this.decoder.decode(chunk, { stream: true });
    // The text may end between \r and \n.
    const blocks = this.text.replace(/\r\n/g, '\n').split('\n\n');
    this.text = blocks.pop()!;
    return blocks.map(messageOf);
  }
}

function messageOf(block: string): SseMessage {
  const values = (field: string) =>
    block.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      return name === field ? [line.slice(colon < 0 ? line.length : colon + 1).replace(/^ /, '')] : [];
    });
  const data = values('data');
  const retry = values('retry').at(-1);
  return {
    id: values('id').at(-1) ?? null,
    data: data.length === 0 ? null : data.join('\n'),
    retryMs: retry !== undefined && /^\d+$/.test(retry) ? Number(retry) : null,
  };
}

/** The receivers of events: webhooks, MQTT. */
export class Deliveries {
  constructor(private readonly server: Requester) {}

  async list(options?: CallOptions): Promise<readonly Receiver[]> {
    return (await this.server.json<DeliveryStatus>({ path: '/deliveries' }, options)).receivers;
  }

  /** Sends the dead letters again. @returns how many @throws RostroApiError `receiver_not_found` */
  async retry(id: string, options?: CallOptions): Promise<number> {
    const request = { method: 'POST', path: pathOf('deliveries', id, 'retry') } as const;
    return (await this.server.json<Retried>(request, options)).retried;
  }
}
