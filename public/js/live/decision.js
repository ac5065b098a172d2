/** @import { Decision, Sighting } from './types.js' */

/** How near the threshold, or how near each other two people, are too near to be sure; part of the threshold. */
export const DOUBT_BAND = 0.1;

/**
 * Whom the server would name under a threshold of the reader's. A trained matcher keeps to the person that it chose, and
 * gives no name beyond the threshold either.
 * @param {Pick<Sighting, 'name' | 'distance' | 'nearest' | 'trained'>} sighting
 * @param {number} threshold plain Euclidean distance at or under which a name is given
 * @returns {string | null}
 */
export function nameWithin({ name, distance, nearest, trained }, threshold) {
  if (distance === null || distance > threshold) return null;
  return trained ? name : nearest;
}

/**
 * How certain a name is, or that there is none. "Doubtful" lies between known and unknown: a distance within a tenth of
 * the threshold, or a runner-up that is less than that further away.
 * @param {string | null} name the server's, or that within a threshold of the reader's
 * @param {Pick<Sighting, 'distance' | 'runnerUp'>} sighting
 * @param {number} threshold
 * @returns {Decision}
 */
export function decide(name, { distance, runnerUp }, threshold) {
  if (distance === null) return { certainty: 'unknown', name: null, doubt: null };
  const band = DOUBT_BAND * threshold;
  if (Math.abs(distance - threshold) < band) return { certainty: 'doubtful', name, doubt: 'edge' };
  if (name === null) return { certainty: 'unknown', name, doubt: null };
  const rivalled = runnerUp !== null && runnerUp.distance - distance < band;
  return rivalled ? { certainty: 'doubtful', name, doubt: 'runnerUp' } : { certainty: 'known', name, doubt: null };
}
