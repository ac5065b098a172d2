import type { VectorLibrary } from './usearch.js';
import { ExampleGraph } from './example-graph.js';
import { ExampleRows } from './example-rows.js';
import { ExactSearch, PlainSearch } from './exact-search.js';
import type { Hit, PeopleSearch } from './people-search.js';
import { nearestPeople } from './row-search.js';

export const SEARCH_MODES = ['auto', 'exact', 'approximate', 'plain'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** What happens to rows. First those that are cleared, then those that another person has now, then those that are set. */
export interface RowChanges {
  readonly cleared: readonly number[];
  readonly given: readonly { readonly row: number; readonly person: number }[];
  readonly set: {
    readonly rows: Int32Array;
    /** The person of each of those rows. */
    readonly people: Int32Array;
    /** Row-major, one row each. */
    readonly matrix: Float32Array;
  };
}

export interface IndexOptions {
  readonly mode: SearchMode;
  /** Null where the native search does not run: everything is plain then. */
  readonly library: VectorLibrary | null;
  /** Of the exact native search. */
  readonly threads: number;
  /** Examples of a person within this distance of each other may share a place in the graph. */
  readonly near: number;
  /** Values, that is rows times dimension, above which `auto` takes the graph. */
  readonly exactLimit?: number | undefined;
}

/**
 * 400 MB. One search of all of them takes 15 ms on two cores (BENCHMARKS.md, search-100k), about as long as embedding a face:
 * below, the search is not what anybody waits for, and it misses nothing.
 */
export const EXACT_LIMIT = 100_000_000;
/** One person's examples that may hide the next person's before every example is looked at. */
const MAX_GRAPH_ROWS = 2048;

/** Everyone's examples, and who is nearest to an embedding: by the way that suits how many they are. */
export class SearchIndex implements PeopleSearch {
  #examples: ExampleRows | null = null;
  #all: PeopleSearch | null = null;
  #graph: ExampleGraph | null = null;

  constructor(private readonly options: IndexOptions) {}

  /** Null while there is none. */
  get graph(): ExampleGraph | null {
    return this.#graph;
  }

  /** Null before the first example. */
  get examples(): ExampleRows | null {
    return this.#examples;
  }

  apply({ cleared, given, set }: RowChanges): void {
    for (const row of cleared) this.#clear(row);
    for (const { row, person } of given) this.#give(row, person);
    if (set.rows.length === 0) return;
    const dimension = set.matrix.length / set.rows.length;
    const examples = this.#examples ?? this.#begin(dimension);
    examples.reserve(set.rows.reduce((most, row) => Math.max(most, row + 1), 0));
    set.rows.forEach((row, i) => {
      examples.set(row, set.people[i], set.matrix.subarray(i * dimension, (i + 1) * dimension));
      this.#graph?.set(row);
    });
    this.#graph ??= this.#graphIfLarge(examples);
  }

  /** Among some people every example of theirs is looked at: there is no index of a group. */
  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Hit[][] {
    const { graph } = this;
    const [examples, all] = [this.#examples, this.#all];
    if (examples === null || all === null) return embeddings.map(() => []);
    if (among !== undefined) return new PlainSearch(examples).nearest(embeddings, people, among);
    if (graph?.isReady !== true) return all.nearest(embeddings, people);
    const found = nearestPeople(examples, graph, { embeddings, people, maxRows: MAX_GRAPH_ROWS });
    const missed = embeddings.filter((_, i) => found[i] === null);
    const others = missed.length > 0 ? all.nearest(missed, people) : [];
    return found.map((hits) => hits ?? others.shift()!);
  }

  /** Does a little of what is to be done beside the searches. @returns whether there is more */
  work(): boolean {
    return this.#graph?.work() ?? false;
  }

  #clear(row: number): void {
    this.#graph?.clear(row);
    this.#examples?.clear(row);
  }

  #give(row: number, person: number): void {
    this.#examples?.give(row, person);
    this.#graph?.given(row);
  }

  #begin(dimension: number): ExampleRows {
    const { mode, library, threads } = this.options;
    const examples = new ExampleRows(dimension);
    const isPlain = mode === 'plain' || library === null;
    this.#all = isPlain ? new PlainSearch(examples) : new ExactSearch(examples, library, threads);
    this.#examples = examples;
    return examples;
  }

  #graphIfLarge(examples: ExampleRows): ExampleGraph | null {
    const { mode, library, near, exactLimit = EXACT_LIMIT } = this.options;
    const isLarge = examples.filled * examples.dimension > exactLimit;
    if (library === null || !(mode === 'approximate' || (mode === 'auto' && isLarge))) return null;
    const graph = new ExampleGraph({ examples, library, near });
    for (let row = 0; row < examples.count; row++) if (examples.ownerOf(row) >= 0) graph.set(row);
    return graph;
  }
}
