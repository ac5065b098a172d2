import type { Hit } from './people-search.js';
import type { RowChanges, SearchMode } from './search-index.js';

/** What the search thread starts with. */
export interface SearchThreadSpec {
  readonly mode: SearchMode;
  readonly threads: number;
  /** As of `IndexOptions`. */
  readonly near: number;
  /** Folder of the saved graph; null saves nothing. */
  readonly folder: string | null;
  /** Which embedder the embeddings are of. */
  readonly contract: string;
  /** For tests and benches: instead of `EXACT_LIMIT`. */
  readonly exactLimit?: number | undefined;
}

export type SearchRequest =
  | { readonly kind: 'apply'; readonly changes: RowChanges }
  | {
      readonly kind: 'search';
      readonly id: number;
      readonly embeddings: readonly Float32Array[];
      readonly people: number;
      /** As of `PeopleSearch.nearest`. */
      readonly among: Int32Array | undefined;
    };

export type SearchReply =
  | { readonly kind: 'found'; readonly id: number; readonly hits: Hit[][] }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  /** The native search does not run here. */
  | { readonly kind: 'plain'; readonly reason: string }
  /** A saved graph could not be used. */
  | { readonly kind: 'unusable'; readonly reason: string }
  /** The graph could not be saved. */
  | { readonly kind: 'unsaved'; readonly reason: string }
  /** A graph that somebody is in who was erased could not be removed. */
  | { readonly kind: 'undiscarded'; readonly reason: string }
  /** The graph lies in a new folder, to be put in its place if there were no more erasures than so many until now. */
  | { readonly kind: 'saved'; readonly folder: string; readonly erasures: number };
