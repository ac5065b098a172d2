import { euclideanDistance } from '../distance.js';
import type { ExampleRows } from './example-rows.js';

/** A person, by the nearest of their examples. */
export interface Hit {
  readonly person: number;
  /** Plain Euclidean, computed in float64 from the float32 values. */
  readonly distance: number;
}

/** Who is nearest to each of several embeddings. */
export interface PeopleSearch {
  /**
   * @param among the only people who are looked at; everybody where it is not given
   * @returns for each embedding up to `people` different people, nearest first; fewer only where there are no more
   */
  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Hit[][];
}

/** @param rows candidates; free ones are left out */
export function bestOfEach(examples: ExampleRows, embedding: Float32Array, rows: readonly number[]): Hit[] {
  const best = new Map<number, number>();
  for (const row of rows) {
    const person = examples.ownerOf(row);
    if (person < 0) continue;
    const distance = euclideanDistance(examples.row(row), embedding);
    if (distance < (best.get(person) ?? Infinity)) best.set(person, distance);
  }
  return nearestFirst(best);
}

export function nearestFirst(best: Iterable<readonly [person: number, distance: number]>): Hit[] {
  const hits = Array.from(best, ([person, distance]) => ({ person, distance }));
  return hits.sort((a, b) => a.distance - b.distance || a.person - b.person);
}
