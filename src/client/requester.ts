import type { OpenBody, RequestBody } from './body.js';
import { failureOf, RostroApiError, unreachable } from './error.js';
import type { CallOptions, RostroOptions, UploadOptions } from './options.js';
import { isSafeToRepeat, isWanted, Patience, type Repeat, waitMs } from './retry.js';
import { fetchTransport, type Transport, xhrTransport } from './transport.js';

const TIMEOUT_MS = 60_000;
const RETRIES = 3;

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Absolute, with its query, already encoded. */
  readonly path: string;
  readonly body?: RequestBody;
  /** GET reads and the others change, where it is left out. */
  readonly repeat?: Repeat;
  readonly headers?: Record<string, string>;
}

/** Sends requests to one server: with its key, within their time, again where that is safe. */
export class Requester {
  readonly url: string;
  private readonly fetching: Transport;
  private readonly uploading: Transport | null;

  /** @throws TypeError where there is no address, or none that can be used */
  constructor(private readonly options: RostroOptions) {
    this.url = rootOf(options.url);
    this.fetching = fetchTransport(options.fetch ?? ((...request) => fetch(...request)));
    this.uploading = options.fetch ? null : xhrTransport();
  }

  get key(): string | undefined {
    return this.options.key;
  }

  /** @throws RostroApiError; the reason of the caller's signal */
  json<T>(request: ApiRequest, options?: UploadOptions): Promise<T> {
    return this.call(request, options, (reply) => reply.json() as Promise<T>);
  }

  /** @throws RostroApiError; the reason of the caller's signal */
  blob(request: ApiRequest, options?: CallOptions): Promise<Blob> {
    return this.call(request, options, (reply) => reply.blob());
  }

  /** @throws RostroApiError; the reason of the caller's signal */
  text(request: ApiRequest, options?: CallOptions): Promise<string> {
    return this.call(request, options, (reply) => reply.text());
  }

  /**
   * The reply's body while it comes. It fails with a RostroApiError `unreachable` where the connection breaks.
   * @throws RostroApiError until it begins; the reason of the caller's signal
   */
  async stream(request: ApiRequest, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const patience = this.patience(options);
    try {
      const reply = await this.persist(request, options, patience, (begun) => Promise.resolve(begun));
      patience.stopClock();
      return watched(reply.body, {
        onEnd: () => patience.end(),
        failed: (cause): unknown =>
          patience.signal.aborted ? patience.signal.reason : this.told(unreachable(this.url, cause)),
      });
    } catch (error) {
      patience.end();
      throw error;
    }
  }

  private async call<T>(
    request: ApiRequest,
    options: UploadOptions = {},
    read: (reply: Response) => Promise<T>,
  ): Promise<T> {
    const patience = this.patience(options);
    try {
      return await this.persist(request, options, patience, read);
    } finally {
      patience.end();
    }
  }

  private patience({ timeoutMs, signal }: CallOptions): Patience {
    return new Patience(timeoutMs ?? this.options.timeoutMs ?? TIMEOUT_MS, signal);
  }

  /** Tries until it works, or must not or need not be tried any more. */
  private async persist<T>(
    request: ApiRequest,
    options: UploadOptions,
    patience: Patience,
    read: (reply: Response) => Promise<T>,
  ): Promise<T> {
    const { method = 'GET', body } = request;
    const repeat = request.repeat ?? (method === 'GET' ? 'reads' : 'changes');
    const retries = options.retries ?? this.options.retries ?? RETRIES;
    for (let made = 0; ; made++) {
      try {
        return await this.attempt(request, options, patience, read);
      } catch (cause) {
        options.signal?.throwIfAborted();
        if (!(cause instanceof RostroApiError)) throw cause;
        const error = patience.isOver ? tooLate(cause) : cause;
        const mayTryAgain = !patience.isOver && body?.isRepeatable !== false && isSafeToRepeat(error, repeat);
        const pauseMs = waitMs(error, made);
        if (!mayTryAgain || pauseMs > patience.leftMs || !isWanted(retries, error, made)) throw this.told(error);
        await patience.pause(pauseMs);
      }
    }
  }

  private async attempt<T>(
    { method = 'GET', path, body, headers }: ApiRequest,
    { onProgress }: UploadOptions,
    { signal }: Patience,
    read: (reply: Response) => Promise<T>,
  ): Promise<T> {
    const more = (await this.options.headers?.(method)) ?? {};
    const isXhr = this.uploading !== null && onProgress !== undefined && body?.isRepeatable === true;
    const open = body?.open(isXhr ? undefined : onProgress);
    const key: Record<string, string> = this.key === undefined ? {} : { 'X-Api-Key': this.key };
    const all = { Accept: 'application/json', ...key, ...more, ...open?.headers, ...headers };
    const send = isXhr ? this.uploading : this.fetching;
    const outgoing = { url: this.url + path, method, headers: all, content: open?.content, signal, onProgress };
    const reply = await send(outgoing).catch((cause: unknown) => this.failed(cause, open));
    if (reply.ok) return read(reply).catch((cause: unknown) => this.unread(cause, reply));
    throw await failureOf(reply);
  }

  /** A stream of the caller's own that fails is not the server's failure. */
  private failed(cause: unknown, open: OpenBody | undefined): never {
    if (open !== undefined && open.failure.length > 0) throw open.failure[0];
    throw unreachable(this.url, cause);
  }

  private unread(cause: unknown, { status }: Response): never {
    if (!(cause instanceof SyntaxError)) throw unreachable(this.url, cause);
    throw new RostroApiError('bad_reply', 'The server answered with something that is not JSON.', { status, cause });
  }

  private told(error: RostroApiError): RostroApiError {
    this.options.onError?.(error);
    return error;
  }
}

/** A server that said why it does not answer keeps its word; one that was still silent is late. */
function tooLate(error: RostroApiError): RostroApiError {
  if (error.code !== 'unreachable') return error;
  return new RostroApiError('timeout', 'The server did not answer in time.', { cause: error });
}

export interface StreamEnds {
  /** However it ends. */
  readonly onEnd: () => void;
  /** @returns what the stream fails with */
  readonly failed: (cause: unknown) => unknown;
}

/** The body of a reply, which tells of its end and fails as calls do. */
export function watched(
  body: ReadableStream<Uint8Array> | null,
  { onEnd, failed }: StreamEnds,
): ReadableStream<Uint8Array> {
  const reader = (body ?? new Blob([]).stream()).getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          onEnd();
          controller.close();
        } catch (cause) {
          onEnd();
          controller.error(failed(cause));
        }
      },
      async cancel(reason) {
        onEnd();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * The address of a server without a slash at its end; the page's own where none is given.
 * @throws TypeError where there is none, or none that can be used
 */
export function rootOf(url: string | URL | undefined): string {
  const given = url ?? (globalThis as { location?: { origin: string } }).location?.origin;
  if (given === undefined) throw new TypeError('Give the url of the server, such as http://localhost:5000.');
  const { origin, pathname, protocol } = new URL(given);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`${String(given)} is no address such as http://localhost:5000.`);
  return origin + pathname.replace(/\/+$/, '');
}
