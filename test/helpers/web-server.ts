import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server whose responses the test defines, and which records the requests. */
export class WebServer {
  /** `GET /path` or `GET /path from 1000` for a range, in order. */
  readonly asked: string[] = [];
  private readonly hangUps = new Set<{ readonly at: number; readonly response: ServerResponse }>();
  private readonly handlers = new Map<string, Handler[]>();
  private readonly server = createServer((request, response) => this.answer(request, response));

  static async start(): Promise<WebServer> {
    const web = new WebServer();
    await new Promise<void>((done) => web.server.listen(0, '127.0.0.1', done));
    return web;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Each handler answers one request; the last one answers all further requests. */
  on(path: string, ...handlers: Handler[]): string {
    this.handlers.set(path, handlers);
    return this.origin + path;
  }

  /**
   * Promises all of `bytes`, sends the first `count` of the body that was asked for, and hangs up as soon as
   * `received` says that they have arrived: bytes on their way are lost with the connection.
   */
  brokenAfter(count: number, bytes: Uint8Array, etag = '"one"'): Handler {
    return (request, response) => {
      const start = writeHead(request, response, bytes, etag);
      response.write(bytes.subarray(start, start + count));
      if (start + count >= bytes.length) response.end();
      else this.hangUps.add({ at: start + count, response });
    };
  }

  /** For the progress of a download. */
  readonly received = (receivedBytes: number): void => {
    for (const hangUp of this.hangUps) {
      if (receivedBytes < hangUp.at) continue;
      hangUp.response.destroy();
      this.hangUps.delete(hangUp);
    }
  };

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const start = rangeStart(request);
    this.asked.push(`${request.method} ${request.url}${start === null ? '' : ` from ${start}`}`);
    const handlers = this.handlers.get(request.url ?? '');
    if (handlers === undefined) status(404)(request, response);
    else (handlers.length > 1 ? handlers.shift()! : handlers[0])(request, response);
  }
}

/** Serves bytes like a static file server, with an ETag, and with ranges while the ETag matches. */
export function file(bytes: Uint8Array, etag = '"one"'): Handler {
  return (request, response) => response.end(bytes.subarray(writeHead(request, response, bytes, etag)));
}

/** Announces all of `bytes` and closes the connection. */
export function broken(bytes: Uint8Array): Handler {
  return (request, response) => {
    writeHead(request, response, bytes, '"one"');
    response.flushHeaders();
    setImmediate(() => response.destroy());
  };
}

/** Sends the first `count` bytes, then nothing, and keeps the connection open. */
export function stalledAfter(count: number, bytes: Uint8Array): Handler {
  return (_request, response) => {
    response.writeHead(200, { etag: '"one"', 'content-length': bytes.length });
    response.write(bytes.subarray(0, count));
  };
}

export function status(code: number): Handler {
  return (_request, response) => response.writeHead(code).end();
}

export function page(html: string): Handler {
  return (_request, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}

export function redirect(location: string): Handler {
  return (_request, response) => response.writeHead(302, { location }).end();
}

/** @returns the first byte of the range */
function writeHead(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array, etag: string): number {
  const start = request.headers['if-range'] === etag ? rangeStart(request) : null;
  const headers = { etag, 'content-type': 'application/octet-stream', 'content-length': bytes.length - (start ?? 0) };
  if (start === null) response.writeHead(200, headers);
  else if (start >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` });
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
  return start ?? 0;
}

function rangeStart(request: IncomingMessage): number | null {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  return match ? Number(match[1]) : null;
}
