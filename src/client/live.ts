import { RostroApiError } from './error.js';
import { LiveSocket, type WebSocketClass } from './live-socket.js';
import { blobOf, type Photo, type PhotoStream } from './body.js';
import type { LiveMessage, LiveRecognition, LivenessPolicy } from './types.js';

/** How the faces are named. */
export interface LiveSettings {
  /** Default: the server's. */
  readonly threshold?: number | null | undefined;
  /** Whether several faces of a frame may get the same name. */
  readonly duplicates?: boolean | undefined;
  /** Names only people of this group. */
  readonly group?: string | null | undefined;
  /** Whether to return the groups and metadata of the named people. */
  readonly details?: boolean | undefined;
  /** Default: the server's. See docs/liveness.md. */
  readonly liveness?: LivenessPolicy | undefined;
}

export interface LiveOptions extends LiveSettings {
  /** Default: the global one. Node 20 has none: use `WebSocket` of the package `ws`. */
  readonly WebSocket?: WebSocketClass | undefined;
}

interface PendingFrame {
  readonly resolve: (answer: LiveRecognition) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The frames of one camera over one WebSocket. The server tracks the faces from frame to frame. Does not reconnect: the tracks
 * end with the connection.
 */
export class LiveConnection {
  private readonly socket: LiveSocket;
  private readonly pending = new Map<number, PendingFrame>();
  private sent = 0;
  /** Why the server refused the last settings. Frames fail with it: the server would apply the previous settings. */
  private settingsError: RostroApiError | null = null;

  constructor(url: string, key: string | undefined, { WebSocket, ...settings }: LiveOptions) {
    this.socket = new LiveSocket(url, key, WebSocket, {
      onMessage: (message) => this.onMessage(message),
      onClosed: (error) => this.rejectPending(error),
    });
    if (Object.keys(settings).length > 0) this.configure(settings);
  }

  get isClosed(): boolean {
    return this.socket.isClosed;
  }

  /** Replaces the settings for the following frames. */
  configure({ threshold = null, ...settings }: LiveSettings): void {
    this.settingsError = null;
    void this.socket.send(JSON.stringify({ threshold, ...settings })).catch(() => undefined);
  }

  /**
   * Names the faces in a frame. Of the frames sent while another is processed only the newest is processed; the others fail
   * with `busy`.
   * @param options the signal aborts the frame and closes the connection
   * @throws RostroApiError `bad_request` or `bad_details` while the last settings are refused; `unreachable` without a
   *   connection or if it breaks
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
      return await this.sendFrame(bytes);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  /** Closes the connection; pending frames fail. */
  close(): void {
    this.socket.close();
  }

  private sendFrame(bytes: ArrayBuffer): Promise<LiveRecognition> {
    if (this.settingsError !== null) return Promise.reject(this.settingsError);
    return new Promise((resolve, reject) => {
      // The server numbers frames in the order of sending: no await between count and send.
      const frame = ++this.sent;
      this.pending.set(frame, { resolve, reject });
      this.socket.sendNow(bytes);
    });
  }

  private onMessage(message: LiveMessage): void {
    if (message.type === 'error' && message.frame === null) return this.rejectSettings(errorOf(message));
    const frame = message.frame ?? 0;
    const waiting = this.pending.get(frame);
    this.pending.delete(frame);
    if (message.type === 'dropped') {
      waiting?.reject(new RostroApiError('busy', 'A newer frame was processed instead.'));
    } else if (message.type === 'error') {
      waiting?.reject(errorOf(message));
    } else if (message.type === 'faces') {
      waiting?.resolve(answerOf(message));
    }
  }

  private rejectSettings(error: RostroApiError): void {
    this.settingsError = error;
    this.rejectPending(error);
  }

  private rejectPending(error: RostroApiError): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

function errorOf({ error: { code, message, details } }: Extract<LiveMessage, { type: 'error' }>): RostroApiError {
  return new RostroApiError(code, message, { details });
}

/** The message without the fields of the connection. */
function answerOf(message: Extract<LiveMessage, { type: 'faces' }>): LiveRecognition {
  const answer: Partial<typeof message> & LiveRecognition = { ...message };
  delete answer.type;
  delete answer.frame;
  return answer;
}
