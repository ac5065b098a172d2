import type { OpenBody, Progress, RequestBody } from './body.js';
import { errorFromResponse, RostroApiError, unreachableError } from './error.js';
import type { CallOptions, RostroOptions, UploadOptions } from './options.js';
import { isRetryable, allowsRetry, CallTimeout, type RetryMode, retryDelayMs } from './retry.js';

const TIMEOUT_MS = 60_000;
const RETRIES = 3;

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Absolute path with the query, encoded. */
  readonly path: string;
  readonly body?: RequestBody;
  /** Default: `reads` for GET, `changes` for the others. */
  readonly retryMode?: RetryMode;
  readonly headers?: Record<string, string>;
}

/** Sends requests to one server, with the key, a timeout and retries. */
export class Requester {
  readonly url: string;
  private readonly viaFetch: Transport;
  private readonly viaXhr: Transport | null;

  /** @throws TypeError without a usable URL */
  constructor(private readonly options: RostroOptions) {
    this.url = serverRootOf(options.url);
    this.viaFetch = fetchTransport(options.fetch ?? ((...request) => fetch(...request)));
    this.viaXhr = options.fetch ? null : xhrTransport();
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
   * The body of the response. It fails with a RostroApiError `unreachable` when the connection breaks.
   * @throws RostroApiError until the body begins; the reason of the caller's signal
   */
  async stream(request: ApiRequest, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const timeout = this.startTimeout(options);
    try {
      const reply = await this.callWithRetries(request, options, timeout, (response) => Promise.resolve(response));
      timeout.stopTimer();
      return observedStream(reply.body, {
        onEnd: () => timeout.dispose(),
        mapError: (cause): unknown =>
          timeout.signal.aborted ? timeout.signal.reason : this.report(unreachableError(this.url, cause)),
      });
    } catch (error) {
      timeout.dispose();
      throw error;
    }
  }

  private async call<T>(
    request: ApiRequest,
    options: UploadOptions = {},
    read: (reply: Response) => Promise<T>,
  ): Promise<T> {
    const timeout = this.startTimeout(options);
    try {
      return await this.callWithRetries(request, options, timeout, read);
    } finally {
      timeout.dispose();
    }
  }

  private startTimeout({ timeoutMs, signal }: CallOptions): CallTimeout {
    return new CallTimeout(timeoutMs ?? this.options.timeoutMs ?? TIMEOUT_MS, signal);
  }

  /** Repeats the request until it succeeds or must not be retried. */
  private async callWithRetries<T>(
    request: ApiRequest,
    options: UploadOptions,
    timeout: CallTimeout,
    read: (reply: Response) => Promise<T>,
  ): Promise<T> {
    const { method = 'GET', body } = request;
    const mode = request.retryMode ?? (method === 'GET' ? 'reads' : 'changes');
    const retries = options.retries ?? this.options.retries ?? RETRIES;
    for (let made = 0; ; made++) {
      try {
        return await this.attempt(request, options, timeout, read);
      } catch (cause) {
        options.signal?.throwIfAborted();
        if (!(cause instanceof RostroApiError)) throw cause;
        const error = timeout.hasExpired ? timeoutErrorOf(cause) : cause;
        const mayRetry = !timeout.hasExpired && body?.isRepeatable !== false && isRetryable(error, mode);
        const pauseMs = retryDelayMs(error, made);
        if (!mayRetry || pauseMs > timeout.remainingMs || !allowsRetry(retries, error, made)) throw this.report(error);
        await timeout.sleep(pauseMs);
      }
    }
  }

  private async attempt<T>(
    { method = 'GET', path, body, headers }: ApiRequest,
    { onProgress: told }: UploadOptions,
    timeout: CallTimeout,
    read: (reply: Response) => Promise<T>,
  ): Promise<T> {
    const { signal } = timeout;
    const onProgress =
      told &&
      ((progress: Progress): void => {
        timeout.restart();
        told(progress);
      });
    const extra = (await this.options.headers?.(method)) ?? {};
    const isXhr = this.viaXhr !== null && onProgress !== undefined && body?.isRepeatable === true;
    const open = body?.open(isXhr ? undefined : onProgress);
    const key: Record<string, string> = this.key === undefined ? {} : { 'X-Api-Key': this.key };
    const all = { Accept: 'application/json', ...key, ...extra, ...open?.headers, ...headers };
    const send = isXhr ? this.viaXhr : this.viaFetch;
    const outgoing = { url: this.url + path, method, headers: all, content: open?.content, signal, onProgress };
    const reply = await send(outgoing).catch((cause: unknown) => this.throwSendError(cause, open));
    if (reply.ok) return read(reply).catch((cause: unknown) => this.throwReadError(cause, reply));
    throw await errorFromResponse(reply);
  }

  /** A failure of the caller's stream is thrown as it is. */
  private throwSendError(cause: unknown, open: OpenBody | undefined): never {
    if (open !== undefined && open.failure.length > 0) throw open.failure[0];
    throw unreachableError(this.url, cause);
  }

  private throwReadError(cause: unknown, { status }: Response): never {
    if (!(cause instanceof SyntaxError)) throw unreachableError(this.url, cause);
    throw new RostroApiError('bad_reply', 'The server answered with something that is not JSON.', { status, cause });
  }

  private report(error: RostroApiError): RostroApiError {
    this.options.onError?.(error);
    return error;
  }
}

/** The server's own error is kept; an aborted request becomes `timeout`. */
function timeoutErrorOf(error: RostroApiError): RostroApiError {
  if (error.code !== 'unreachable') return error;
  return new RostroApiError('timeout', 'The server did not answer in time.', { cause: error });
}

export interface StreamHooks {
  /** Called once the stream has ended, failed or been cancelled. */
  readonly onEnd: () => void;
  /** @returns the error that the stream fails with */
  readonly mapError: (cause: unknown) => unknown;
}

/** The body of a response, with hooks for its end and its errors. */
export function observedStream(
  body: ReadableStream<Uint8Array> | null,
  { onEnd, mapError }: StreamHooks,
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
          controller.error(mapError(cause));
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
 * The URL of a server without a trailing slash. Default: the origin of the page.
 * @throws TypeError without a usable URL
 */
export function serverRootOf(url: string | URL | undefined): string {
  const given = url ?? (globalThis as { location?: { origin: string } }).location?.origin;
  if (given === undefined) throw new TypeError('Give the url of the server, such as http://localhost:5000.');
  const { origin, pathname, protocol } = new URL(given);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`${String(given)} is no address such as http://localhost:5000.`);
  let path = pathname;
  while (path.endsWith('/')) path = path.slice(0, -1);
  return origin + path;
}

/** A request ready to send. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly content: OpenBody['content'] | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Sends a request and resolves with the beginning of the response. May reject with any error. */
export type Transport = (request: OutgoingRequest) => Promise<Response>;

export function fetchTransport(fetch: typeof globalThis.fetch): Transport {
  return ({ url, method, headers, content, signal }) => {
    const init = { method, headers, signal, redirect: 'manual' as const, body: content ?? null };
    // fetch requires `duplex` for a stream; the DOM types lack it.
    return fetch(url, content instanceof ReadableStream ? ({ ...init, duplex: 'half' } as RequestInit) : init);
  };
}

/** XMLHttpRequest reports the progress of an upload, which fetch does not. Null outside browsers. */
export function xhrTransport(): Transport | null {
  return typeof XMLHttpRequest === 'undefined' ? null : sendByXhr;
}

function sendByXhr({ url, method, headers, content, signal, onProgress }: OutgoingRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
      onProgress?.({ sent: loaded, total: lengthComputable ? total : null });
    request.onload = () => resolve(responseOf(request));
    request.onerror = () => reject(new TypeError('the connection failed'));
    request.onabort = () => reject(new DOMException('The request was aborted.', 'AbortError'));
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = 'blob';
    signal.addEventListener('abort', abort);
    request.send(content as Blob | FormData);
    if (signal.aborted) abort();
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
    const [name, ...rest] = line.split(':');
    if (name !== '') headers.append(name, rest.join(':').trim());
  }
  return new Response(request.response as Blob, { status: request.status, headers });
}
