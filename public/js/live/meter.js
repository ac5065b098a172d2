import { Ring } from './ring.js';

/**
 * @typedef {'capture' | 'network' | 'wait' | 'decode' | 'detect' | 'embed' | 'match'} Part
 * @typedef {{ capturedAt: number, sentAt: number, answeredAt: number, timingsMs: Record<'decode' | 'detect' | 'embed' | 'match' | 'total', number>, found?: 'detected' | 'followed' }} Round milliseconds; the first three of one clock
 * @typedef {{ framesPerSecond: number, latencyMs: number, partsMs: Record<Part, number>, followedShare: number }} Measured `followedShare`: 0..1, of the frames
 */

/** In the order in which they happen. @type {readonly Part[]} */
export const PARTS = ['capture', 'network', 'wait', 'decode', 'detect', 'embed', 'match'];

const ROUNDS = 30;
const WINDOW_MS = 10_000;

/** Frames per second and the parts of the latency, over the last 30 responses of the last 10 s. */
export class Meter {
  /** @type {Ring<Round>} */
  #rounds = new Ring(ROUNDS);

  /** @param {Round} round */
  add(round) {
    this.#rounds.push(round);
  }

  clear() {
    this.#rounds.clear();
  }

  /** Null before the second answer. The parts are medians of their own and need not add up. @param {number} now @returns {Measured | null} */
  measure(now) {
    const rounds = [...this.#rounds].filter(({ answeredAt }) => now - answeredAt <= WINDOW_MS);
    if (rounds.length < 2) return null;
    const spanMs = rounds[rounds.length - 1].answeredAt - rounds[0].answeredAt;
    const parts = rounds.map(partsOf);
    return {
      framesPerSecond: (1000 * (rounds.length - 1)) / spanMs,
      latencyMs: median(rounds.map(({ capturedAt, answeredAt }) => answeredAt - capturedAt)),
      partsMs: /** @type {Record<Part, number>} */ (
        Object.fromEntries(PARTS.map((part) => [part, median(parts.map((round) => round[part]))]))
      ),
      followedShare: rounds.filter(({ found }) => found === 'followed').length / rounds.length,
    };
  }
}

/** `wait` is what the server's total has over its stages: the queue before a worker. @param {Round} round @returns {Record<Part, number>} */
function partsOf({ capturedAt, sentAt, answeredAt, timingsMs: { total, decode, detect, embed, match } }) {
  return {
    capture: sentAt - capturedAt,
    network: Math.max(0, answeredAt - sentAt - total),
    wait: Math.max(0, total - decode - detect - embed - match),
    decode,
    detect,
    embed,
    match,
  };
}

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
