import type { Hit } from './people-search.js';
import type { RowChanges, SearchMode } from './search-index.js';

/** What the search thread is started with. */
export interface SearchThreadSpec {
  readonly mode: SearchMode;
  readonly threads: number;
  /** As in `IndexOptions`. */
  readonly near: number;
  /** Folder of the saved graph; null saves nothing. */
  readonly folder: string | null;
  /** Id of the contract of the embedder that made the embeddings. */
  readonly contract: string;
  /** For tests and benches: instead of `EXACT_LIMIT`. */
  readonly exactLimit?: number | undefined;
}

/** What the search thread offers. Calls take effect in their order. */
export interface SearchMethods {
  apply(changes: RowChanges): void;
  /** As `PeopleSearch.nearest`. */
  nearest(embeddings: readonly Float32Array[], people: number, among: Int32Array | undefined): Hit[][];
}

/** What the search thread reports. */
export interface SearchEvents {
  /** The native search does not run on this machine. */
  nativeSearchMissing(reason: string): void;
  savedGraphUnusable(reason: string): void;
  graphNotSaved(reason: string): void;
  /** The saved graph, which holds an erased example, could not be removed. */
  graphNotDiscarded(reason: string): void;
  /**
   * The graph was written into a new folder, to be published unless further examples have been erased.
   * @param erasures number of `apply` calls with erased examples until then
   */
  graphWritten(folder: string, erasures: number): void;
}
