import { ApiError } from '../api-error.js';

/**
 * @import { Recognition } from '../api-types.js'
 * @typedef {{ resolve: (answer: Recognition) => void, reject: (error: Error) => void }} Waiting
 */

/** A connection that hangs is no better than one that is refused. */
const OPEN_PATIENCE_MS = 3000;

/** There is no connection, or there is one no more; what was sent over it may have been seen or not. */
export class ConnectionLost extends Error {
  constructor() {
    super('There is no WebSocket to the server.');
    this.name = 'ConnectionLost';
  }
}

/** One WebSocket to `/live`. The server counts its frames from 1, and every answer says which frame it is about. */
export class LiveSocket {
  #socket;
  #opened;
  #isClosed = false;
  #sent = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();

  /** Begins to connect. @param {string} url @throws {ConnectionLost} where the browser does not even try, as the security policy of older Safaris wants it */
  constructor(url) {
    this.#socket = connect(url);
    this.#opened = opened(this.#socket);
    this.#socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(data)));
    for (const event of ['error', 'close']) this.#socket.addEventListener(event, () => this.close());
    this.#opened.catch(() => this.close());
  }

  get isClosed() {
    return this.#isClosed;
  }

  /**
   * @param {Blob} frame
   * @param {AbortSignal} signal ends the connection with the frame
   * @returns {Promise<Recognition>}
   * @throws {ApiError | ConnectionLost} also the signal's reason
   */
  async recognize(frame, signal) {
    signal.throwIfAborted();
    const end = () => this.close();
    signal.addEventListener('abort', end);
    try {
      const [bytes] = await Promise.all([frame.arrayBuffer(), this.#opened]);
      if (this.#isClosed) throw new ConnectionLost();
      return await this.#ask(bytes);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** Frames that have no answer yet get none. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    for (const { reject } of this.#waiting.values()) reject(new ConnectionLost());
    this.#waiting.clear();
  }

  /** @param {ArrayBuffer} bytes @returns {Promise<Recognition>} */
  #ask(bytes) {
    this.#socket.send(bytes);
    return new Promise((resolve, reject) => this.#waiting.set(++this.#sent, { resolve, reject }));
  }

  /** @param {{ type: string, frame: number | null, error?: object } & Recognition} message */
  #take({ type, frame, error, ...answer }) {
    const waiting = this.#waiting.get(frame ?? 0);
    this.#waiting.delete(frame ?? 0);
    if (type === 'faces') waiting?.resolve(answer);
    else if (type === 'error') waiting?.reject(ApiError.fromReply(0, { error }));
    else if (type === 'dropped') waiting?.reject(new ApiError('busy', 'A newer frame was looked at instead.'));
  }
}

/** @param {string} url */
function connect(url) {
  try {
    return new WebSocket(url);
  } catch {
    throw new ConnectionLost();
  }
}

/** Chromium says only `error` of a connection that the security policy refuses. @param {WebSocket} socket @returns {Promise<void>} */
function opened(socket) {
  return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    const fail = () => reject(new ConnectionLost());
    const patience = setTimeout(fail, OPEN_PATIENCE_MS);
    socket.addEventListener('open', () => resolve());
    for (const event of ['error', 'close']) socket.addEventListener(event, fail);
    for (const event of ['open', 'error', 'close']) socket.addEventListener(event, () => clearTimeout(patience));
  });
}
