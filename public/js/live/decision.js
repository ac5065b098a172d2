/** @import { Decision, Sighting } from './types.js' */

/** Closer to the threshold, or closer to a second person, a match is doubtful. A share of the threshold. */
export const DOUBT_BAND = 0.1;

/**
 * The name that the server would give with another threshold. A trained matcher keeps its choice and also gives no name
 * beyond the threshold.
 * @param {Pick<Sighting, 'name' | 'distance' | 'nearest' | 'trained'>} sighting
 * @param {number} threshold plain Euclidean distance at or under which a name is given
 * @returns {string | null}
 */
export function nameWithin({ name, distance, nearest, trained }, threshold) {
  if (distance === null || distance > threshold) return null;
  return trained ? name : nearest;
}

/**
 * How certain the name of a face is. "Doubtful" lies between known and unknown: a distance within a tenth of
 * the threshold, or a runner-up that is less than that further away. So is the name
 * of a face that the edge of the picture cuts, or that looks like a picture.
 * @param {string | null} name the server's, or that for the viewer's threshold
 * @param {Pick<Sighting, 'distance' | 'runnerUp' | 'cutOff' | 'live'>} sighting
 * @param {number} threshold
 * @returns {Decision}
 */
export function decide(name, { distance, runnerUp, cutOff, live }, threshold) {
  if (distance === null) return { certainty: 'unknown', name: null, doubt: null };
  const band = DOUBT_BAND * threshold;
  if (Math.abs(distance - threshold) < band) return { certainty: 'doubtful', name, doubt: 'edge' };
  if (name === null) return { certainty: 'unknown', name, doubt: null };
  if (live?.verdict === 'spoof') return { certainty: 'doubtful', name, doubt: 'spoof' };
  if (cutOff) return { certainty: 'doubtful', name, doubt: 'cutOff' };
  const rivalled = runnerUp !== null && runnerUp.distance - distance < band;
  return rivalled ? { certainty: 'doubtful', name, doubt: 'runnerUp' } : { certainty: 'known', name, doubt: null };
}
