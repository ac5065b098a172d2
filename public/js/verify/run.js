import { RostroApiError } from '../../client/index.js';
import { rostro } from '../api.js';

/**
 * @import { Challenge, ChallengeResult, NewChallenge } from '../../client/index.js'
 * @import { FrameGrabber } from '../live/frames.js'
 */

/** Smaller frames travel faster; the networks see no more of a face that fills a third of the picture. */
const FRAME_WIDTH_PX = 640;
/** At most so often. */
const FRAME_EVERY_MS = 80;
/** Refusals of one frame that the next one may repair. */
const PASSING = new Set(['busy', 'worker_restarted', 'deadline_exceeded', 'too_many_requests']);

/**
 * Runs one challenge: sends frames until it ends.
 * @param {FrameGrabber} grabber
 * @param {NewChallenge} options
 * @param {(state: Challenge) => void} onState after every frame, and at the beginning
 * @param {AbortSignal} signal
 * @returns {Promise<ChallengeResult>}
 */
export async function runChallenge(grabber, options, onState, signal) {
  const begun = await rostro.challenges.begin({ ...options, signal });
  onState(begun);
  for (let { state } = begun; state === 'running';) {
    const next = performance.now() + FRAME_EVERY_MS;
    const seen = await sendFrame(grabber, begun.id, signal);
    signal.throwIfAborted();
    if (seen === 'over') break;
    if (seen !== null) {
      onState(seen);
      state = seen.state;
    }
    await pause(next - performance.now());
  }
  return rostro.challenges.result(begun.id, { signal });
}

/**
 * @param {FrameGrabber} grabber @param {string} id @param {AbortSignal} signal
 * @returns {Promise<Challenge | 'over' | null>} null where there was no picture, or the server did not look at it
 */
async function sendFrame(grabber, id, signal) {
  const frame = await grabber.scaled(FRAME_WIDTH_PX);
  if (frame === null) return null;
  try {
    return await rostro.challenges.frame(id, frame.blob, { signal, retries: 0 });
  } catch (error) {
    if (!(error instanceof RostroApiError)) throw error;
    if (error.code === 'challenge_over') return 'over';
    if (PASSING.has(error.code)) return null;
    throw error;
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
