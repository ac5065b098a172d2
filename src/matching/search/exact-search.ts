import type { ExampleRows } from './example-rows.js';
import { type Hit, nearestAmong, nearestPeople, type PeopleSearch, type RowSearch } from './people-search.js';
import type { VectorLibrary } from './usearch.js';

/** Distances in memory at once; each takes 16 bytes in usearch. */
const MAX_PAIRS = 4_000_000;
/** Below this number of values a second thread costs more time than it saves. */
const PARALLEL_VALUES = 2_000_000;

/** Compares every example, by SIMD instructions. */
export class ExactSearch implements PeopleSearch, RowSearch {
  constructor(
    private readonly examples: ExampleRows,
    private readonly library: VectorLibrary,
    private readonly threads: number,
  ) {}

  nearest(embeddings: readonly Float32Array[], people: number): Hit[][] {
    const { examples } = this;
    if (examples.filled === 0) return embeddings.map(() => []);
    const found = nearestPeople(examples, this, { embeddings, people, maxRows: examples.count });
    return found.map((hits) => hits ?? []);
  }

  nearestRows(queries: Float32Array, count: number): number[][] {
    const { examples, library } = this;
    const { dimension, matrix } = examples;
    const threads = matrix.length < PARALLEL_VALUES ? 1 : this.threads;
    const atOnce = Math.max(1, Math.floor(MAX_PAIRS / examples.count)) * dimension;
    const rows: number[][] = [];
    for (let at = 0; at < queries.length; at += atOnce) {
      const some = queries.slice(at, at + atOnce);
      for (const found of library.nearestRows(matrix, some, dimension, count, threads)) rows.push(found);
    }
    return rows;
  }
}

/** Compares every example, in JavaScript: for small galleries, for machines without the native search, and for the people of a group. */
export class PlainSearch implements PeopleSearch {
  constructor(private readonly examples: ExampleRows) {}

  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Hit[][] {
    const wanted = among && new Set(among);
    return embeddings.map((embedding) => nearestAmong(this.examples, embedding, this.rowsOf(wanted), people));
  }

  private *rowsOf(wanted?: ReadonlySet<number>): Generator<number> {
    const { examples } = this;
    for (let row = 0; row < examples.count; row++) {
      if (wanted === undefined || wanted.has(examples.ownerOf(row))) yield row;
    }
  }
}
