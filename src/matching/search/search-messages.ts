import type { Hit } from './people-search.js';
import type { RowChanges, SearchMode } from './search-index.js';

/** What the search thread is started with. */
export interface SearchThreadSpec {
  readonly mode: SearchMode;
  readonly threads: number;
  /** As in `IndexOptions`. */
  readonly near: number;
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
  /** Many examples were added to the approximate search; searches compared every example meanwhile. */
  scanReady(examples: number, seconds: number): void;
}
