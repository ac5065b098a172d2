import { euclideanDistance } from '../matcher.js';
import type { ExampleRows } from './example-rows.js';
import { type RowChanges, SearchIndex } from './search-index.js';

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

/** An index that searches when it can, not at once. */
export interface Searcher {
  /** Another number than before: what it held is lost, and it waits to be told everything. */
  readonly generation: number;
  /** Counts for every search that is asked for afterwards. */
  apply(changes: RowChanges): void;
  /** As `PeopleSearch.nearest`. Rejects with RostroError `worker_restarted` when the generation ends meanwhile. */
  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Promise<Hit[][]>;
}

/** In this thread, in plain JavaScript: for a command that searches a few rows once. */
export class LocalSearcher implements Searcher {
  readonly generation = 1;
  private readonly index = new SearchIndex({ mode: 'plain', library: null, threads: 1, near: 0 });

  apply(changes: RowChanges): void {
    this.index.apply(changes);
  }

  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Promise<Hit[][]> {
    return Promise.resolve(this.index.nearest(embeddings, people, among));
  }
}
