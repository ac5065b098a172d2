import type { VectorLibrary } from './usearch.js';
import type { ExampleRows } from './example-rows.js';
import type { Hit, PeopleSearch } from './people-search.js';
import { nearestPeople, type RowSearch } from './row-search.js';

/** Distances that are held in memory at once; each takes 16 bytes in usearch. */
const MAX_PAIRS = 4_000_000;
/** Below so many values a second thread takes longer to start than it saves. */
const PARALLEL_VALUES = 2_000_000;

/** Every example, by SIMD instructions. */
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
