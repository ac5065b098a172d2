import type { OpenBody, Progress } from './body.js';

/** A request that is ready to leave. */
export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly content: OpenBody['content'] | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Sends a request and resolves when its reply begins. It may reject with anything; what is on the way has no reply. */
export type Transport = (request: Outgoing) => Promise<Response>;

export function fetchTransport(fetch: typeof globalThis.fetch): Transport {
  return ({ url, method, headers, content, signal }) => {
    const init = { method, headers, signal, redirect: 'manual' as const, body: content ?? null };
    // Without it a stream is refused, with it nothing else is; the types of browsers do not know it.
    return fetch(url, content instanceof ReadableStream ? ({ ...init, duplex: 'half' } as RequestInit) : init);
  };
}

/** Where the environment has it; the only one in a browser that tells how much of a body has left. */
export function xhrTransport(): Transport | null {
  return typeof XMLHttpRequest === 'undefined' ? null : sendByXhr;
}

function sendByXhr({ url, method, headers, content, signal, onProgress }: Outgoing): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
      onProgress?.({ sent: loaded, total: lengthComputable ? total : null });
    request.onload = () => resolve(replyOf(request));
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

function replyOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
    const [name, ...rest] = line.split(':');
    if (name !== '') headers.append(name, rest.join(':').trim());
  }
  return new Response(request.response as Blob, { status: request.status, headers });
}
