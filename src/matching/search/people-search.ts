import { joinRows } from '../classifiers/samples.js';
import { euclideanDistance } from '../matcher.js';
import type { ExampleRows } from './example-rows.js';

/** A person, with the distance of their nearest example. */
export interface Hit {
  readonly person: number;
  /** Plain Euclidean, computed in float64 from the float32 values. */
  readonly distance: number;
}

/** Finds the people nearest to each of several embeddings. */
export interface PeopleSearch {
  /**
   * @param among searches these people only; default: everyone
   * @returns for each embedding up to `people` different people, nearest first; fewer only where there are no more
   */
  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Hit[][];
}

/** Values that are compared before the next look at whether the sum is too large already. */
const BLOCK = 64;
/** Sums in another order differ by less. */
const ROUNDING = 1 + 1e-9;

/** @param rows candidates; free rows are skipped @returns the nearest `people` of them by their nearest rows, nearest first */
export function nearestAmong(
  examples: ExampleRows,
  embedding: Float32Array,
  rows: Iterable<number>,
  people: number,
): Hit[] {
  const { matrix, dimension } = examples;
  let best: Hit[] = [];
  let limit = Infinity;
  for (const row of rows) {
    const person = examples.ownerOf(row);
    if (person < 0 || !isWithin(limit, matrix, row * dimension, embedding)) continue;
    const distance = euclideanDistance(embedding, examples.row(row));
    const known = best.findIndex((hit) => hit.person === person);
    if (known >= 0 && best[known].distance <= distance) continue;
    if (known >= 0) best.splice(known, 1);
    best = [...best, { person, distance }].sort(byDistance).slice(0, people);
    if (best.length === people) limit = best[people - 1].distance ** 2 * ROUNDING;
  }
  return best;
}

/** Whether the squared distance is at most `limit`. Four sums at once take a third of the time of one. */
function isWithin(limit: number, matrix: Float32Array, start: number, embedding: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const { length } = embedding;
  let i = 0;
  for (let block = BLOCK; block <= length && a + b + c + d <= limit; block += BLOCK) {
    for (; i < block; i += 4) {
      a += (embedding[i] - matrix[start + i]) ** 2;
      b += (embedding[i + 1] - matrix[start + i + 1]) ** 2;
      c += (embedding[i + 2] - matrix[start + i + 2]) ** 2;
      d += (embedding[i + 3] - matrix[start + i + 3]) ** 2;
    }
  }
  return a + b + c + d <= limit;
}

function byDistance(a: Hit, b: Hit): number {
  return a.distance - b.distance || a.person - b.person;
}

/** Finds rows, not people. */
export interface RowSearch {
  /**
   * @param queries row-major
   * @returns for each query the `count` (approximately) nearest rows, fewer where there are no more
   */
  nearestRows(queries: Float32Array, count: number): number[][];
}

/** Rows of the first search: the nearest person's examples, and some of the next person. */
const FIRST_ROWS = 32;
/** The next search asks for this many times as many rows. */
const WIDEN = 8;

/**
 * Finds the nearest people by searching for rows: for more and more rows until they show enough people, because all of the
 * first rows may be of one person.
 * @param maxRows rows of a search at most
 * @returns null for an embedding whose nearest `maxRows` rows show too few people, where there are more
 */
export function nearestPeople(
  examples: ExampleRows,
  search: RowSearch,
  { embeddings, people, maxRows }: { embeddings: readonly Float32Array[]; people: number; maxRows: number },
): (Hit[] | null)[] {
  const found = embeddings.map((): Hit[] | null => null);
  const most = Math.min(maxRows, examples.count);
  let open = [...embeddings.keys()];
  for (
    let count = Math.min(most, Math.max(FIRST_ROWS, 2 * people));
    open.length > 0;
    count = Math.min(most, WIDEN * count)
  ) {
    const queries = joinRows(
      open.map((query) => embeddings[query]),
      examples.dimension,
    );
    const rows = search.nearestRows(queries, count);
    open = open.filter((query, i) => {
      const hits = nearestAmong(examples, embeddings[query], rows[i], people);
      const isDone = hits.length >= people || includesEveryone(examples, rows[i]);
      if (isDone) found[query] = hits;
      return !isDone;
    });
    if (count === most) break;
  }
  return found;
}

function includesEveryone(examples: ExampleRows, rows: readonly number[]): boolean {
  return rows.length >= examples.filled && rows.filter((row) => examples.ownerOf(row) >= 0).length === examples.filled;
}
