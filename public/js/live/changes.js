import { nameWithin } from './decision.js';

/**
 * @import { Sighting } from './types.js'
 * @typedef {{ from: string | null, to: string | null, count: number }} Change null stands for unknown
 */

/**
 * Which sightings would be named otherwise under another threshold, those alike counted together, the most first.
 * @param {Iterable<Pick<Sighting, 'distance' | 'nearest'>>} sightings
 * @param {number} from @param {number} to thresholds
 * @returns {Change[]}
 */
export function changesBetween(sightings, from, to) {
  /** @type {Map<string | null, Change>} */
  const byPerson = new Map();
  for (const sighting of sightings) {
    const change = { from: nameWithin(sighting, from), to: nameWithin(sighting, to), count: 1 };
    if (change.from === change.to) continue;
    const same = byPerson.get(sighting.nearest);
    if (same) same.count++;
    else byPerson.set(sighting.nearest, change);
  }
  return [...byPerson.values()].sort((a, b) => b.count - a.count);
}

/**
 * How many distances fall into each of `bins` equal parts of the range; those beyond it count in its ends.
 * @param {Iterable<Pick<Sighting, 'distance'>>} sightings
 * @param {{ min: number, max: number, bins: number }} range
 * @returns {number[]}
 */
export function histogram(sightings, { min, max, bins }) {
  const counts = new Array(bins).fill(0);
  for (const { distance } of sightings) {
    if (distance === null) continue;
    const bin = Math.floor(((distance - min) / (max - min)) * bins);
    counts[Math.max(0, Math.min(bin, bins - 1))]++;
  }
  return counts;
}
