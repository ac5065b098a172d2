import { RostroApiError } from './error.js';
import { LiveSocket, type WebSocketClass } from './live-socket.js';
import { blobOf, type Photo, type PhotoStream } from './photo.js';
import type { LiveMessage, LiveRecognition } from './types.js';

/** What is asked of the names that are given. */
export interface LiveSettings {
  /** In place of the server's. */
  readonly threshold?: number | null | undefined;
  /** Whether one person may be several faces of a frame. */
  readonly duplicates?: boolean | undefined;
  /** Only people of this group are named. */
  readonly group?: string | null | undefined;
  /** Whether groups and metadata of whoever is named are told. */
  readonly details?: boolean | undefined;
}

export interface LiveOptions extends LiveSettings {
  /** Where there is no global one: `WebSocket` of the package `ws` in Node 20. */
  readonly WebSocket?: WebSocketClass | undefined;
}

interface Waiting {
  readonly resolve: (answer: LiveRecognition) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One camera over one WebSocket: the server follows its faces from frame to frame. It does not connect again by itself: what it
 * knew of the faces is gone with the connection.
 */
export class LiveConnection {
  private readonly socket: LiveSocket;
  private readonly waiting = new Map<number, Waiting>();
  private sent = 0;
  /** Why the server did not take the last settings: it would name the frames by those before. */
  private refused: RostroApiError | null = null;

  constructor(url: string, key: string | undefined, { WebSocket, ...settings }: LiveOptions) {
    this.socket = new LiveSocket(url, key, WebSocket, {
      onMessage: (message) => this.take(message),
      onClosed: (error) => this.giveUp(error),
    });
    if (Object.keys(settings).length > 0) this.configure(settings);
  }

  get isClosed(): boolean {
    return this.socket.isClosed;
  }

  /** What is asked of the frames from now on; what is left out is as at first. */
  configure({ threshold = null, ...settings }: LiveSettings): void {
    this.refused = null;
    void this.socket.send(JSON.stringify({ threshold, ...settings })).catch(() => undefined);
  }

  /**
   * Names the faces in a frame. Of frames that are sent while one is looked at only the newest is looked at; the others fail
   * with `busy`.
   * @param options the signal ends the connection with the frame
   * @throws RostroApiError `bad_request`, `bad_details` until other settings are given, where the last ones were refused; `unreachable` when there is no connection, or no more; whether the frame was seen is not known then
   */
  async recognize(
    frame: Exclude<Photo, PhotoStream>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<LiveRecognition> {
    signal?.throwIfAborted();
    const end = (): void => this.close();
    signal?.addEventListener('abort', end);
    try {
      const bytes = await blobOf(frame).arrayBuffer();
      await this.socket.opened;
      return await this.ask(bytes);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  /** Frames that have no answer yet get none. */
  close(): void {
    this.socket.close();
  }

  private ask(bytes: ArrayBuffer): Promise<LiveRecognition> {
    if (this.refused !== null) return Promise.reject(this.refused);
    return new Promise((resolve, reject) => {
      // The server counts in the order of sending, so nothing may come in between.
      const frame = ++this.sent;
      this.waiting.set(frame, { resolve, reject });
      this.socket.sendNow(bytes);
    });
  }

  private take(message: LiveMessage): void {
    if (message.type === 'error' && message.frame === null) return this.refuse(errorOf(message));
    const frame = message.frame ?? 0;
    const waiting = this.waiting.get(frame);
    this.waiting.delete(frame);
    if (message.type === 'dropped') {
      waiting?.reject(new RostroApiError('busy', 'A newer frame was looked at instead.'));
    } else if (message.type === 'error') {
      waiting?.reject(errorOf(message));
    } else {
      waiting?.resolve(answerOf(message));
    }
  }

  private refuse(error: RostroApiError): void {
    this.refused = error;
    this.giveUp(error);
  }

  private giveUp(error: RostroApiError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

function errorOf({ error: { code, message, details } }: Extract<LiveMessage, { type: 'error' }>): RostroApiError {
  return new RostroApiError(code, message, { details });
}

/** The message without what is of the connection only. */
function answerOf(message: Extract<LiveMessage, { type: 'faces' }>): LiveRecognition {
  const answer: Partial<typeof message> & LiveRecognition = { ...message };
  delete answer.type;
  delete answer.frame;
  return answer;
}
