/** @import { Decision, Sighting } from './types.js' */

/** How near the threshold, or how near each other two people, are too near to be sure; part of the threshold. */
export const DOUBT_BAND = 0.1;

/**
 * What a sighting means under a threshold. The server's rule, with "doubtful" between known and unknown: a distance
 * within a tenth of the threshold, or a runner-up that is less than that further away.
 * @param {Sighting} sighting
 * @param {number} threshold plain Euclidean distance at or under which a name is given
 * @returns {Decision}
 */
export function decide({ distance, nearest, runnerUp }, threshold) {
  if (distance === null || nearest === null) return { certainty: 'unknown', name: null, doubt: null };
  const band = DOUBT_BAND * threshold;
  const name = nameWithin({ distance, nearest }, threshold);
  if (Math.abs(distance - threshold) < band) return { certainty: 'doubtful', name, doubt: 'edge' };
  if (name === null) return { certainty: 'unknown', name, doubt: null };
  const rivalled = runnerUp !== null && runnerUp.distance - distance < band;
  return rivalled ? { certainty: 'doubtful', name, doubt: 'runnerUp' } : { certainty: 'known', name, doubt: null };
}

/** @param {Pick<Sighting, 'distance' | 'nearest'>} sighting @param {number} threshold @returns {string | null} */
export function nameWithin({ distance, nearest }, threshold) {
  return distance !== null && distance <= threshold ? nearest : null;
}
