import { RostroApiError } from './error.js';
import type { LiveMessage } from './types.js';

/** The part of a WebSocket that is used: the global one of browsers and Node 22, or that of `ws`. */
export interface WebSocketLike {
  send(data: string | ArrayBuffer): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

// The constructors differ: the second parameter is protocols in browsers and options in Node.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type WebSocketClass = new (url: string, options?: any) => WebSocketLike;

export interface LiveSocketEvents {
  readonly onMessage: (message: LiveMessage) => void;
  readonly onClosed: (error: RostroApiError) => void;
}

const OPEN_TIMEOUT_MS = 3000;

/** A WebSocket to `/live`. */
export class LiveSocket {
  isClosed = false;
  /** @throws RostroApiError `unreachable` */
  readonly opened: Promise<void>;
  private socket: WebSocketLike | null = null;

  constructor(
    url: string,
    key: string | undefined,
    given: WebSocketClass | undefined,
    private readonly events: LiveSocketEvents,
  ) {
    this.opened = this.open(url, key, given);
    this.opened.catch(() => this.close());
  }

  async send(text: string): Promise<void> {
    await this.opened;
    this.sendNow(text);
  }

  /** @throws RostroApiError `unreachable` if the socket is closed */
  sendNow(data: string | ArrayBuffer): void {
    if (this.isClosed) throw connectionLost();
    this.socket!.send(data);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket?.close();
    this.events.onClosed(connectionLost());
  }

  private open(url: string, key: string | undefined, given: WebSocketClass | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(connectionLost());
      const socket = connect(url, key, given, reject);
      if (socket === null) return;
      this.socket = socket;
      const timer = setTimeout(fail, OPEN_TIMEOUT_MS);
      for (const event of ['open', 'error', 'close'] as const) {
        socket.addEventListener(event, () => clearTimeout(timer));
      }
      socket.addEventListener('open', () => resolve());
      // Chromium fires only `error` when the content security policy refuses a connection.
      for (const event of ['error', 'close'] as const) {
        socket.addEventListener(event, fail);
        socket.addEventListener(event, () => this.close());
      }
      socket.addEventListener('message', ({ data }) => this.events.onMessage(JSON.parse(String(data)) as LiveMessage));
    });
  }
}

/** Browsers cannot send a key with a WebSocket; they use the login. */
function connect(
  url: string,
  key: string | undefined,
  given: WebSocketClass | undefined,
  reject: (error: unknown) => void,
): WebSocketLike | null {
  const Socket = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (Socket === undefined) {
    reject(new TypeError('There is no global WebSocket; pass the WebSocket class of the package "ws".'));
    return null;
  }
  try {
    return key === undefined ? new Socket(url) : new Socket(url, { headers: { 'X-Api-Key': key } });
  } catch (cause) {
    reject(connectionLost(cause));
    return null;
  }
}

function connectionLost(cause?: unknown): RostroApiError {
  return new RostroApiError('unreachable', 'There is no WebSocket to the server.', { cause });
}
