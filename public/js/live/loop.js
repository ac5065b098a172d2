import { RostroApiError } from '../../client/index.js';

/**
 * @import { LiveAnswer } from './types.js'
 * @typedef {{ blob: Blob, capturedAt: number }} Frame
 * @typedef {{ answer: LiveAnswer, capturedAt: number, sentAt: number, answeredAt: number }} AnsweredFrame times of `performance.now()`
 *
 * @typedef {object} LoopParts
 * @property {() => Promise<Frame | null>} grab null while the camera has no picture yet
 * @property {(blob: Blob, options: { signal: AbortSignal }) => Promise<LiveAnswer>} recognize
 * @property {(frame: AnsweredFrame) => void} onAnswer
 * @property {(error: unknown) => void} onTrouble the loop retries by itself
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} [pause]
 */

const NO_PICTURE_PAUSE_MS = 100;
const NOT_READY_PAUSE_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** Timeout of one frame: a server without network does not refuse connections. */
const FRAME_TIMEOUT_MS = 20_000;

/** Sends frames one at a time: the next one after the response to the last. */
export class RecognitionLoop {
  /** @type {AbortController | null} */
  #run = null;
  /** @type {Set<string>} */
  #holds = new Set();
  #wake = () => {};
  /** @type {Promise<unknown>} */
  #request = Promise.resolve();

  /** @param {LoopParts} parts */
  constructor(parts) {
    this.parts = { pause, ...parts };
  }

  start() {
    if (this.#run) return;
    this.#run = new AbortController();
    void this.#work(this.#run.signal);
  }

  stop() {
    this.#run?.abort();
    this.#run = null;
    this.#wake();
  }

  /** Sends nothing until `release` is called with the same reason. @param {string} reason @returns {Promise<void>} resolves when no request is pending */
  async hold(reason) {
    this.#holds.add(reason);
    await this.#request;
  }

  /** @param {string} reason */
  release(reason) {
    this.#holds.delete(reason);
    if (this.#holds.size === 0) this.#wake();
  }

  /** @param {AbortSignal} signal */
  async #work(signal) {
    const { onAnswer, onTrouble, pause } = this.parts;
    for (let failures = 0; ;) {
      await this.#unheld(signal);
      if (signal.aborted) return;
      const round = this.#round(signal);
      this.#request = round;
      const outcome = await round;
      if (signal.aborted) return;
      if (outcome === null) await pause(NO_PICTURE_PAUSE_MS, signal);
      else if ('error' in outcome) {
        onTrouble(outcome.error);
        await pause(pauseAfter(outcome.error, failures++), signal);
      } else {
        failures = 0;
        onAnswer(outcome);
      }
    }
  }

  /** @param {AbortSignal} signal */
  async #unheld(signal) {
    while (this.#holds.size > 0 && !signal.aborted)
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
  }

  /** @param {AbortSignal} signal @returns {Promise<AnsweredFrame | { error: unknown } | null>} null without a picture */
  async #round(signal) {
    const limited = limitedSignal(signal, FRAME_TIMEOUT_MS);
    try {
      const frame = await this.parts.grab();
      if (frame === null || signal.aborted) return null;
      const sentAt = performance.now();
      limited.start();
      const answer = await this.parts.recognize(frame.blob, { signal: limited.signal });
      return { answer, capturedAt: frame.capturedAt, sentAt, answeredAt: performance.now() };
    } catch (error) {
      return { error };
    } finally {
      limited.dispose();
    }
  }
}

/**
 * Aborted with the signal or after a time. `AbortSignal.any` is missing in Safari before version 17.4.
 * @param {AbortSignal} signal @param {number} ms from `start()`
 */
function limitedSignal(signal, ms) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    start: () => (timer = setTimeout(() => controller.abort(new DOMException('No answer came.', 'TimeoutError')), ms)),
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

/** Retries a loading server every second, others with exponential backoff. @param {unknown} error @param {number} failures before this one */
function pauseAfter(error, failures) {
  if (error instanceof RostroApiError && error.code === 'not_ready') return NOT_READY_PAUSE_MS;
  return Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
}

/** Ends early when the signal says so. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
export function pause(ms, signal) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
