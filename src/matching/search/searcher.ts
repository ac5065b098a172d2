import type { Hit } from './people-search.js';
import { SearchIndex, type RowChanges } from './search-index.js';

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
