import { euclideanDistance } from '../matcher.js';
import { rowOf, type Samples } from '../classifiers/samples.js';
import type { Neighbours } from './neighbours.js';

/** Photos with a smaller distance are the same photo; another JPEG or crop of it is further away. */
export const SAME_PHOTO_DISTANCE = 0.01;

export interface Pair {
  /** Rows of the samples; the smaller first. */
  readonly rows: readonly [number, number];
  readonly distance: number;
}

export interface Outlier {
  readonly row: number;
  /**
   * `far`: no other example of the person is within the threshold.
   * `nearer_to_other`: another person's example is nearer.
   */
  readonly kind: 'far' | 'nearer_to_other';
  /** Distance to the nearest other example of the person. */
  readonly own: number;
  /** Row of the nearest example of another person; null when there is none. */
  readonly other: number | null;
  readonly otherDistance: number;
}

/** Suspicious examples of a gallery; each list starts with the clearest case. */
export interface Inspection {
  /** The same photo twice, for one person or two. */
  readonly duplicates: readonly Pair[];
  /** People whose nearest examples are within the threshold; for each person the nearest such person. */
  readonly nearPeople: readonly Pair[];
  readonly outliers: readonly Outlier[];
}

/** @param threshold up to which two faces count as one person */
export function inspect(samples: Samples, { own, other }: Neighbours, threshold: number): Inspection {
  const pairs = new Map<string, Pair>();
  const nearest = new Map<number, Pair>();
  const outliers: Outlier[] = [];
  for (let row = 0; row < samples.person.length; row++) {
    const ownPair = pairOf(samples, row, own[row]);
    const otherPair = pairOf(samples, row, other[row]);
    for (const pair of [ownPair, otherPair]) {
      if (pair && pair.distance < SAME_PHOTO_DISTANCE) pairs.set(pair.rows.join(' '), pair);
    }
    const best = nearest.get(samples.person[row]);
    if (otherPair && otherPair.distance <= threshold && (!best || otherPair.distance < best.distance)) {
      nearest.set(samples.person[row], otherPair);
    }
    const outlier = ownPair && outlierOf(row, ownPair.distance, other[row], otherPair?.distance ?? Infinity, threshold);
    if (outlier) outliers.push(outlier);
  }
  return {
    duplicates: [...pairs.values()].sort(nearestFirst),
    nearPeople: onePerPair(samples, [...nearest.values()].sort(nearestFirst)),
    outliers: outliers.sort((a, b) => b.own - b.otherDistance - (a.own - a.otherDistance)),
  };
}

function outlierOf(row: number, own: number, other: number, otherDistance: number, threshold: number): Outlier | null {
  if (own <= threshold && own <= otherDistance) return null;
  const kind = otherDistance < own ? 'nearer_to_other' : 'far';
  return { row, kind, own, other: other < 0 ? null : other, otherDistance };
}

function pairOf(samples: Samples, row: number, neighbour: number): Pair | null {
  if (neighbour < 0) return null;
  const distance = euclideanDistance(rowOf(samples, row), rowOf(samples, neighbour));
  return { rows: row < neighbour ? [row, neighbour] : [neighbour, row], distance };
}

function onePerPair({ person }: Samples, pairs: readonly Pair[]): Pair[] {
  const seen = new Set<string>();
  return pairs.filter(({ rows: [a, b] }) => {
    const key = [person[a], person[b]].sort((x, y) => x - y).join(' ');
    return !seen.has(key) && seen.add(key);
  });
}

function nearestFirst(a: Pair, b: Pair): number {
  return a.distance - b.distance;
}
