import { nameWithin } from './decision.js';

/**
 * @import { Sighting } from './types.js'
 * @typedef {{ from: string | null, to: string | null, count: number }} Change null stands for unknown
 */

/**
 * The sightings that would get another name with the viewer's threshold. Equal changes are counted together, the most
 * frequent first.
 * @param {Iterable<Pick<Sighting, 'name' | 'distance' | 'nearest' | 'trained'>>} sightings
 * @param {number} threshold
 * @returns {Change[]}
 */
export function changesUnder(sightings, threshold) {
  /** @type {Map<string, Change>} */
  const alike = new Map();
  for (const sighting of sightings) {
    const [from, to] = [sighting.name, nameWithin(sighting, threshold)];
    if (from === to) continue;
    const key = JSON.stringify([from, to]);
    const same = alike.get(key);
    if (same) same.count++;
    else alike.set(key, { from, to, count: 1 });
  }
  return [...alike.values()].sort((a, b) => b.count - a.count);
}

/**
 * A histogram of distances with `bins` equal bins; values outside the range count in the outer bins.
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
