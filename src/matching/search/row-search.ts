import { joinRows } from '../classifiers/samples.js';
import type { ExampleRows } from './example-rows.js';
import { bestOfEach, type Hit } from './people-search.js';

/** Finds examples, not people. */
export interface RowSearch {
  /**
   * @param queries row-major
   * @returns for each query `count` rows that are (about) nearest, fewer where there are no more
   */
  nearestRows(queries: Float32Array, count: number): number[][];
}

/** Rows that are asked for first: the nearest person's examples, and some of the next. */
const FIRST_ROWS = 32;
/** How many times as many are asked for when one person fills them all. */
const WIDEN = 8;

/**
 * The nearest people by searching for rows: for more and more of them until enough people are among them, because all of the
 * first may be examples of one.
 * @param maxRows more are not asked for
 * @returns null for an embedding that there are more people for, but not among the nearest `maxRows` rows
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
      const hits = bestOfEach(examples, embeddings[query], rows[i]);
      const isDone = hits.length >= people || isEveryone(examples, rows[i]);
      if (isDone) found[query] = hits.slice(0, people);
      return !isDone;
    });
    if (count === most) break;
  }
  return found;
}

function isEveryone(examples: ExampleRows, rows: readonly number[]): boolean {
  return rows.length >= examples.filled && rows.filter((row) => examples.ownerOf(row) >= 0).length === examples.filled;
}
