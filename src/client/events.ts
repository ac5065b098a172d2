import { chunksOf } from './body.js';
import { RostroApiError } from './error.js';
import { type CallOptions, withQuery } from './options.js';
import type { Requester } from './requester.js';
import { Patience, waitMs } from './retry.js';
import type { CameraEvent } from './types.js';

export interface EventOptions extends Pick<CallOptions, 'signal'> {
  /** Of one camera only, by its id. */
  readonly camera?: string | undefined;
  readonly type?: CameraEvent['type'] | undefined;
  /** So many of the last ones first, up to 1000. @default 0 */
  readonly replay?: number | undefined;
  /** Id of the last event that is known: all that came after it, as far as the server keeps it, in place of `replay`. */
  readonly since?: string | undefined;
  /** Told when a connection has begun, from which moment on nothing is lost, and when it is lost. */
  readonly onState?: ((state: 'open' | 'lost') => void) | undefined;
}

/** The server says every 15 s that it is there; one that is silent for longer has gone without a word. */
const SILENCE_MS = 40_000;
const RECONNECT_MS = 2000;
/** What passes by itself; anything else ends the events. */
const PASSING = new Set<string>([
  'unreachable',
  'timeout',
  'busy',
  'not_ready',
  'too_many_requests',
  'database_unreachable',
]);

/**
 * What the cameras tell, for ever, over one connection after the other: the next one goes on after the last event.
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

  /** @throws RostroApiError what does not pass; the reason of the caller's signal */
  async *events(): AsyncGenerator<CameraEvent, void> {
    const { signal, onState } = this.options;
    for (;;) {
      const patience = new Patience(Infinity, signal);
      try {
        yield* this.connection(patience.signal);
        onState?.('lost');
        await patience.pause(this.reconnectMs);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error)) throw error;
        onState?.('lost');
        await patience.pause(Math.max(this.reconnectMs, waitMs(error, this.failures++)));
      } finally {
        patience.end();
      }
    }
  }

  /** The events of one connection, until it breaks. */
  private async *connection(signal: AbortSignal): AsyncGenerator<CameraEvent, void> {
    const { camera, type, replay, onState } = this.options;
    const hung = new AbortController();
    const abort = (): void => hung.abort(signal.reason as Error);
    signal.addEventListener('abort', abort);
    const silent = (): ReturnType<typeof setTimeout> => setTimeout(() => hung.abort(silence()), SILENCE_MS);
    let timer = silent();
    try {
      const path = withQuery('/events', { camera, type, replay: this.lastId === undefined ? replay : undefined });
      const headers: Record<string, string> = this.lastId === undefined ? {} : { 'Last-Event-ID': this.lastId };
      const stream = await this.server.stream(
        { path, headers: { ...headers, Accept: 'text/event-stream' } },
        { signal: hung.signal, retries: 0 },
      );
      const parser = new SseParser();
      // The server tells with the first id where it begins.
      let hasBegun = false;
      for await (const chunk of chunksOf(stream)) {
        clearTimeout(timer);
        for (const message of parser.push(chunk)) {
          this.failures = 0;
          if (message.id !== null && !hasBegun) onState?.('open');
          hasBegun ||= message.id !== null;
          this.reconnectMs = message.retryMs ?? this.reconnectMs;
          // Known as told only when it is: whoever takes it may stop before.
          if (message.data !== null) yield JSON.parse(message.data) as CameraEvent;
          this.lastId = message.id ?? this.lastId;
        }
        timer = silent();
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      hung.abort();
    }
  }
}

const silence = () => new RostroApiError('timeout', 'The server has gone silent.');

function isPassing(error: unknown): error is RostroApiError {
  if (!(error instanceof RostroApiError)) return false;
  return PASSING.has(error.code) || (error.code === 'bad_reply' && error.status >= 500);
}

/** What one event of a stream says; `data` is null where it only moves the id on. */
export interface SseMessage {
  readonly id: string | null;
  readonly data: string | null;
  readonly retryMs: number | null;
}

/**
 * Cuts a stream of Server-Sent Events into its messages; comments come as messages without anything, to tell that the
 * other end is there. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class SseParser {
  private readonly decoder = new TextDecoder();
  private text = '';

  /** @returns the messages that are complete now */
  push(chunk: Uint8Array): SseMessage[] {
    this.text += this.decoder.decode(chunk, { stream: true });
    // The last line end may be the first half of one.
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
