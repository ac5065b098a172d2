import type { VectorLibrary } from './usearch.js';
import { ExampleRows } from './example-rows.js';
import { ExampleScan } from './example-scan.js';
import { ExactSearch, PlainSearch } from './exact-search.js';
import { type Hit, nearestPeople, type PeopleSearch } from './people-search.js';
import { loadScanKernel } from './scan-kernel.js';

export const SEARCH_MODES = ['auto', 'exact', 'approximate', 'plain'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Changes of rows, to be applied in this order: cleared, reassigned, added. */
export interface RowChanges {
  readonly cleared: readonly number[];
  readonly reassigned: readonly { readonly row: number; readonly person: number }[];
  readonly added: {
    readonly rows: Int32Array;
    /** The person of each of those rows. */
    readonly people: Int32Array;
    /** Row-major, one row each. */
    readonly matrix: Float32Array;
  };
}

export interface IndexOptions {
  readonly mode: SearchMode;
  /** Null where the native search does not run: every example is compared in JavaScript then. */
  readonly library: VectorLibrary | null;
  /** Threads of the exact native search. */
  readonly threads: number;
  /** Examples of a person within this distance of each other may share an entry of the scan. */
  readonly near: number;
  /** Number of values, that is rows times dimension, above which `auto` uses the scan. */
  readonly exactLimit?: number | undefined;
}

/**
 * 400 MB. One search of all of them takes 15 ms on two cores (docs/benchmarks.md, search-100k), about as long as embedding a face:
 * below this limit the search takes little of the response time, and it is exact.
 */
export const EXACT_LIMIT = 100_000_000;
/** Rows of an approximate search; where they show too few people, every example is compared. */
const MAX_SCAN_ROWS = 2048;

/** All examples, and the search for the people nearest to an embedding, by the method that suits their number. */
export class SearchIndex implements PeopleSearch {
  #examples: ExampleRows | null = null;
  #all: PeopleSearch | null = null;
  #scan: ExampleScan | null = null;

  constructor(private readonly options: IndexOptions) {}

  /** Null where every example is compared. */
  get scan(): ExampleScan | null {
    return this.#scan;
  }

  /** Null before the first example. */
  get examples(): ExampleRows | null {
    return this.#examples;
  }

  apply({ cleared, reassigned, added }: RowChanges): void {
    for (const row of cleared) this.#clear(row);
    for (const { row, person } of reassigned) this.#reassign(row, person);
    if (added.rows.length === 0) return;
    const dimension = added.matrix.length / added.rows.length;
    const examples = this.#examples ?? this.#create(dimension);
    examples.reserve(added.rows.reduce((most, row) => Math.max(most, row + 1), 0));
    added.rows.forEach((row, i) => {
      examples.set(row, added.people[i], added.matrix.subarray(i * dimension, (i + 1) * dimension));
      this.#scan?.set(row);
    });
    this.#scan ??= this.#scanIfLarge(examples);
  }

  /** Among given people, all their examples are compared: groups have no index of their own. */
  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Hit[][] {
    const { scan } = this;
    const [examples, all] = [this.#examples, this.#all];
    if (examples === null || all === null) return embeddings.map(() => []);
    if (among !== undefined) return new PlainSearch(examples).nearest(embeddings, people, among);
    if (scan?.isReady !== true) return all.nearest(embeddings, people);
    const found = nearestPeople(examples, scan, { embeddings, people, maxRows: MAX_SCAN_ROWS });
    const missed = embeddings.filter((_, i) => found[i] === null);
    const others = missed.length > 0 ? all.nearest(missed, people) : [];
    return found.map((hits) => hits ?? others.shift()!);
  }

  /** Adds some waiting rows to the scan, between searches. @returns whether it can add more */
  addWaiting(): boolean {
    return this.#scan?.addWaiting() ?? false;
  }

  #clear(row: number): void {
    this.#scan?.clear(row);
    this.#examples?.clear(row);
  }

  #reassign(row: number, person: number): void {
    this.#scan?.clear(row);
    this.#examples?.reassign(row, person);
    this.#scan?.set(row);
  }

  #create(dimension: number): ExampleRows {
    const { mode, library, threads } = this.options;
    const examples = new ExampleRows(dimension);
    const isPlain = mode === 'plain' || library === null;
    this.#all = isPlain ? new PlainSearch(examples) : new ExactSearch(examples, library, threads);
    this.#examples = examples;
    return examples;
  }

  #scanIfLarge(examples: ExampleRows): ExampleScan | null {
    const { mode, near, exactLimit = EXACT_LIMIT } = this.options;
    const isLarge = examples.filled * examples.dimension > exactLimit;
    if (!(mode === 'approximate' || (mode === 'auto' && isLarge))) return null;
    const kernel = loadScanKernel();
    return kernel && new ExampleScan(kernel, examples, near);
  }
}

/** An index that may be in another thread. */
export interface Searcher {
  /** Changes when the index has been lost; it must be given all rows again then. */
  readonly generation: number;
  /** Takes effect before all later searches. */
  apply(changes: RowChanges): void;
  /** As `PeopleSearch.nearest`. @throws RostroError `worker_restarted` when the index is lost during the search */
  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Promise<Hit[][]>;
}

/** An index in this thread, in plain JavaScript: for a command that searches a few rows once. */
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

/** Values of all examples up to which a face is compared with them within 0.3 ms, about as long as the messages of a thread take. */
const LOCAL_VALUES = 100_000;

/** Searches a small gallery in this thread, which saves 30 MB of memory, and one that has grown larger by `large`. */
export class GrowingSearcher implements Searcher {
  #small: LocalSearcher | null = new LocalSearcher();
  #isEmpty = true;
  #moves = 0;

  constructor(private readonly large: Searcher) {}

  get generation(): number {
    return this.#moves + this.large.generation;
  }

  apply(changes: RowChanges): void {
    if (this.#small !== null && isLarge(changes.added)) {
      this.#small = null;
      if (!this.#isEmpty) {
        // Of another generation: the large searcher will be given all rows.
        this.#moves++;
        return;
      }
    }
    this.#isEmpty = false;
    (this.#small ?? this.large).apply(changes);
  }

  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Promise<Hit[][]> {
    return (this.#small ?? this.large).nearest(embeddings, people, among);
  }
}

function isLarge({ rows, matrix }: RowChanges['added']): boolean {
  return rows.some((row) => (row + 1) * (matrix.length / rows.length) > LOCAL_VALUES);
}
