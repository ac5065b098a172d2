import { RostroApiError } from '../../client/index.js';

/**
 * @import { LiveAnswer } from './types.js'
 * @typedef {HTMLCanvasElement | OffscreenCanvas} Picture
 * @typedef {{ blob: Blob, picture: Picture, capturedAt: number }} Frame
 * @typedef {{ answer: LiveAnswer, picture: Picture, capturedAt: number, sentAt: number, answeredAt: number }} AnsweredFrame times of `performance.now()`
 *
 * @typedef {object} LoopParts
 * @property {(signal: AbortSignal) => Promise<Frame | null>} grab the next frame; null while the camera has no picture yet
 * @property {(blob: Blob, options: { signal: AbortSignal }) => Promise<LiveAnswer>} recognize
 * @property {(frame: AnsweredFrame) => void} onAnswer
 * @property {(error: unknown) => void} onTrouble the loop retries by itself
 * @property {() => boolean} [mayOverlap] whether a frame may be sent before the answer to the last
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} [pause]
 */

const NO_PICTURE_PAUSE_MS = 100;
const NOT_READY_PAUSE_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** Timeout of one frame: a server without network does not refuse connections. */
const FRAME_TIMEOUT_MS = 20_000;

/**
 * Two frames are on their way while answers come within this time, so that the browser encodes the next frame while the
 * server works on the last. A slower server would only let the second one wait and grow old.
 */
const QUICK_ANSWER_MS = 60;

/** Sends frames in order: the next one after the response to the last or, where answers come quickly, to the last but one. */
export class RecognitionLoop {
  /** @type {AbortController | null} */
  #run = null;
  /** @type {Set<string>} */
  #holds = new Set();
  #wake = () => {};
  /** Frames that are being encoded or have no response yet. @type {Set<Promise<unknown>>} */
  #underWay = new Set();
  #isQuick = false;
  /** @type {{ error: unknown } | null} */
  #failure = null;
  #failures = 0;

  /** @param {LoopParts} parts */
  constructor(parts) {
    this.parts = { pause, mayOverlap: () => false, ...parts };
  }

  start() {
    if (this.#run) return;
    this.#run = new AbortController();
    this.#isQuick = false;
    this.#failures = 0;
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
    await Promise.all(this.#underWay);
  }

  /** @param {string} reason */
  release(reason) {
    this.#holds.delete(reason);
    if (this.#holds.size === 0) this.#wake();
  }

  /** @param {AbortSignal} signal */
  async #work(signal) {
    const { mayOverlap, onTrouble, pause } = this.parts;
    for (;;) {
      await this.#unheld(signal);
      if (signal.aborted) return;
      this.#failure = null;
      const isSent = await this.#send(signal);
      while (this.#underWay.size >= (this.#isQuick && mayOverlap() ? 2 : 1)) await Promise.race(this.#underWay);
      if (signal.aborted) return;
      const failure = this.#takeFailure();
      if (failure) {
        await Promise.all(this.#underWay);
        if (signal.aborted) return;
        onTrouble(failure.error);
        await pause(pauseAfter(failure.error, this.#failures++), signal);
      } else if (!isSent) await pause(NO_PICTURE_PAUSE_MS, signal);
    }
  }

  /** @param {AbortSignal} signal @returns {Promise<boolean>} whether there was a picture */
  #send(signal) {
    return new Promise((resolve) => {
      const round = this.#round(signal, () => resolve(true)).finally(() => {
        this.#underWay.delete(round);
        resolve(false);
      });
      this.#underWay.add(round);
    });
  }

  #takeFailure() {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }

  /** @param {AbortSignal} signal */
  async #unheld(signal) {
    while (this.#holds.size > 0 && !signal.aborted)
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
  }

  /** @param {AbortSignal} signal @param {() => void} onSent @returns {Promise<void>} */
  async #round(signal, onSent) {
    const limited = limitedSignal(signal, FRAME_TIMEOUT_MS);
    try {
      const frame = await this.parts.grab(signal);
      if (frame === null || signal.aborted) return;
      const { blob, ...rest } = frame;
      const sentAt = performance.now();
      limited.start();
      const answering = this.parts.recognize(blob, { signal: limited.signal });
      onSent();
      const answer = await answering;
      const answeredAt = performance.now();
      this.#isQuick = answeredAt - sentAt <= QUICK_ANSWER_MS;
      this.#failures = 0;
      if (!signal.aborted) this.parts.onAnswer({ ...rest, answer, sentAt, answeredAt });
    } catch (error) {
      this.#isQuick = false;
      this.#failure = { error };
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
