import type { GraphShape, NativeGraph, VectorLibrary } from '../../runtime/usearch.js';
import { joinRows } from '../samples.js';
import type { ExampleRows } from './example-rows.js';
import type { RowSearch } from './row-search.js';

/** See BENCHMARKS.md, search-approx, for what other values gave. */
export const GRAPH_SHAPE: Omit<GraphShape, 'dimension'> = {
  connectivity: 16,
  expansionAdd: 128,
  expansionSearch: 64,
};
const GONE = -1;
/** Rows that are added between two looks at whether somebody asks. */
const SLICE = 64;
/** So many rows that are not in the graph yet are compared one by one with each search. */
const MAX_WAITING = 256;
/** The graph is made anew when this part of it leads to examples that are gone. */
const MAX_GONE_SHARE = 0.1;

/**
 * The examples as a graph that leads to the nearest without looking at all of them. Rows are added when there is time.
 * Nothing is ever taken out of the native graph, because usearch loses its way when its entry is replaced
 * (unum-cloud/USearch issue 399): what leads to an erased example is passed over, until there is too much of it.
 */
export class ExampleGraph implements RowSearch {
  #graph: NativeGraph;
  /** Row of each key; keys count up. */
  #rows: number[] = [];
  #keys = new Map<number, number>();
  #gone = 0;
  readonly #waiting = new Set<number>();

  constructor(
    private readonly examples: ExampleRows,
    private readonly library: VectorLibrary,
    private readonly threads: number,
  ) {
    this.#graph = this.#empty();
  }

  /** Whether it may be asked; it leads nowhere while most rows wait to be added. */
  get isReady(): boolean {
    return this.#keys.size > 0 && this.#waiting.size <= MAX_WAITING;
  }

  /** Whether it holds the examples and nothing of what was erased. */
  get isWhole(): boolean {
    return this.#waiting.size === 0 && !this.leadsAstray && this.#keys.size > 0;
  }

  /** Whether it still holds examples that were erased, though it names them no more. */
  get leadsAstray(): boolean {
    return this.#gone > 0;
  }

  /** The rows in the order of their keys. */
  get rows(): readonly number[] {
    return this.#rows;
  }

  /** A row that holds another example than before. */
  set(row: number): void {
    this.clear(row);
    this.#waiting.add(row);
  }

  clear(row: number): void {
    this.#waiting.delete(row);
    const key = this.#keys.get(row);
    if (key === undefined) return;
    this.#keys.delete(row);
    this.#rows[key] = GONE;
    this.#gone++;
  }

  nearestRows(queries: Float32Array, count: number): number[][] {
    const found = this.#graph.search(queries, Math.min(count, this.#graph.size), this.threads);
    return found.map((keys) => [...keys.map((key) => this.#rows[key]), ...this.#waiting]);
  }

  /** Adds some of the rows that wait. @returns whether others still do */
  work(): boolean {
    if (this.#gone > MAX_GONE_SHARE * this.#keys.size) this.#startOver();
    const rows: number[] = [];
    for (const row of this.#waiting) if (rows.push(row) === SLICE) break;
    if (rows.length > 0) this.#add(rows);
    return this.#waiting.size > 0;
  }

  save(path: string): void {
    this.#graph.save(path);
  }

  /**
   * Takes up a graph that was saved. Rows that it does not lead to wait to be added.
   * @param rows of each of its keys, -1 where the example is gone
   */
  restore(path: string, rows: readonly number[]): void {
    const graph = this.#empty();
    graph.load(path);
    if (graph.size !== rows.length) throw new Error('the saved graph holds another number of examples than it should');
    this.#graph = graph;
    this.#rows = [...rows];
    this.#gone = 0;
    rows.forEach((row, key) => {
      if (row === GONE) this.#gone++;
      else this.#keys.set(row, key);
      this.#waiting.delete(row);
    });
  }

  #add(rows: readonly number[]): void {
    const first = this.#rows.length;
    const { examples } = this;
    const vectors = joinRows(
      rows.map((row) => examples.row(row)),
      examples.dimension,
    );
    this.#graph.add(
      rows.map((_, i) => first + i),
      vectors,
      this.threads,
    );
    rows.forEach((row, i) => {
      this.#rows.push(row);
      this.#keys.set(row, first + i);
      this.#waiting.delete(row);
    });
  }

  #startOver(): void {
    for (const row of this.#keys.keys()) this.#waiting.add(row);
    this.#graph = this.#empty();
    this.#rows = [];
    this.#keys.clear();
    this.#gone = 0;
  }

  #empty(): NativeGraph {
    return this.library.openGraph({ ...GRAPH_SHAPE, dimension: this.examples.dimension });
  }
}
