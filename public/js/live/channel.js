import { RostroApiError } from '../../client/index.js';

/**
 * @import { LiveConnection, LiveRecognition } from '/client/index.js'
 * @import { LiveAnswer } from './types.js'
 *
 * @typedef {object} ChannelParts
 * @property {() => LiveConnection} connect over a WebSocket
 * @property {(frame: Blob, options: { session: string, signal: AbortSignal }) => Promise<LiveRecognition>} post
 * @property {() => number} [now] milliseconds of one clock
 */

/** Delay before the next WebSocket when only requests work; doubles with each failure. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** Sends frames over a WebSocket or, without one, as a request each. The server tracks the faces either way. */
export class LiveChannel {
  /** @type {LiveConnection | null} */
  #socket = null;
  #socketSession = newSession();
  #postSession = newSession();
  #failures = 0;
  #retryAt = -Infinity;

  /** @param {ChannelParts} parts */
  constructor({ now = () => performance.now(), ...parts }) {
    this.parts = { now, ...parts };
  }

  /** Whether frames go over a WebSocket, which keeps their order. */
  get isConnected() {
    return this.#socket?.isClosed === false && this.parts.now() >= this.#retryAt;
  }

  /**
   * Connects first if necessary. A frame whose connection breaks is sent again as a request.
   * @param {Blob} frame
   * @param {{ signal: AbortSignal }} options
   * @returns {Promise<LiveAnswer>}
   * @throws {RostroApiError} or `AbortError` if the caller aborts
   */
  async recognize(frame, { signal }) {
    if (this.parts.now() < this.#retryAt) return this.#post(frame, signal);
    try {
      return await this.#send(frame, signal);
    } catch (error) {
      if (!(error instanceof RostroApiError && error.code === 'unreachable')) throw error;
      const answer = await this.#post(frame, signal);
      this.#postpone();
      return answer;
    }
  }

  /** Closes the connection; the next frame opens a new one. */
  close() {
    this.#socket?.close();
    this.#socket = null;
  }

  /** @param {Blob} frame @param {AbortSignal} signal @returns {Promise<LiveAnswer>} */
  async #send(frame, signal) {
    try {
      const answer = await this.#connected().recognize(frame, { signal });
      this.#failures = 0;
      return { ...answer, session: this.#socketSession };
    } catch (error) {
      const told = toldOf(error);
      if (told !== error) this.#postpone();
      throw told;
    }
  }

  #connected() {
    if (this.#socket === null || this.#socket.isClosed) {
      this.#socketSession = newSession();
      this.#socket = this.parts.connect();
    }
    return this.#socket;
  }

  /** A session that had a failure begins anew: the server may have. @param {Blob} frame @param {AbortSignal} signal @returns {Promise<LiveAnswer>} */
  async #post(frame, signal) {
    try {
      const session = this.#postSession;
      return { ...(await this.parts.post(frame, { session, signal })), session };
    } catch (error) {
      this.#postSession = newSession();
      throw toldOf(error);
    }
  }

  #postpone() {
    this.#retryAt = this.parts.now() + Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, LONGEST_RETRY_MS);
  }
}

/** A timeout counts as a failure of the server. @param {unknown} error */
function toldOf(error) {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  return isLate ? new RostroApiError('timeout', 'The server does not answer.') : error;
}

/** An id that is hard to guess; `crypto.randomUUID` is missing on pages served over plain HTTP. */
export function newSession() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
