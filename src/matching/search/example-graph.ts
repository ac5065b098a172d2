import type { GraphShape, NativeGraph, VectorLibrary } from './usearch.js';
import { joinRows } from '../classifiers/samples.js';
import { ExampleGroups } from './example-groups.js';
import type { ExampleRows } from './example-rows.js';
import type { RowSearch } from './row-search.js';

/** See BENCHMARKS.md, search-approx, for what other values gave. */
export const GRAPH_SHAPE: Omit<GraphShape, 'dimension'> = {
  connectivity: 24,
  expansionAdd: 128,
  expansionSearch: 64,
};
/** Candidates of a search for each root of the groups: in a larger crowd a face is harder to find. 85 of 20,000, 268 of 200,000. */
const BREADTH = 0.6;
/** Of those candidates the part whose people's examples are compared one by one, unless more rows are wanted. */
const COMPARED_SHARE = 0.4;
/** Rows that are taken in between two looks at whether somebody asks: 7 ms where people have five each, 35 ms where one. */
const TAKEN_AT_ONCE = 64;
/** So many rows that are not in the graph yet are compared one by one with each search. */
const MAX_WAITING = 256;
/** The graph is made anew when this part of it leads to examples that are gone. */
const MAX_GONE_SHARE = 0.1;

export interface GraphParts {
  readonly examples: ExampleRows;
  readonly library: VectorLibrary;
  /** See `ExampleGroups`. */
  readonly near: number;
}

/**
 * The examples, in groups, as a graph that leads to the nearest without looking at all of them. Rows are taken in when there
 * is time. Nothing is ever taken out of the native graph, because usearch loses its way when its entry is replaced
 * (unum-cloud/USearch issue 399): what leads to an erased example is passed over, until there is too much of it.
 */
export class ExampleGraph implements RowSearch {
  /** A group's number is its key in the native graph. */
  #groups: ExampleGroups;
  #graph: NativeGraph;
  readonly #waiting = new Set<number>();

  constructor(private readonly parts: GraphParts) {
    this.#groups = this.#noGroups();
    this.#graph = this.#empty();
  }

  /** Whether it may be asked; it leads nowhere while most rows wait to be taken in. */
  get isReady(): boolean {
    return this.#groups.count > this.#groups.gone && this.#waiting.size <= MAX_WAITING;
  }

  /** Whether it leads to every example and holds nothing of what was erased. */
  get isWhole(): boolean {
    return this.#waiting.size === 0 && !this.leadsAstray && this.#groups.count > 0;
  }

  /** Whether it still holds something of examples that were erased, though nobody is named by it any more. */
  get leadsAstray(): boolean {
    return this.#groups.gone > 0;
  }

  /** For each key the rows whose mean it is; none where one of them is gone. */
  get founders(): readonly (readonly number[])[] {
    return Array.from({ length: this.#groups.count }, (_, key) => [...this.#groups.foundersOf(key)]);
  }

  /** How many keys it has. */
  get size(): number {
    return this.#groups.count;
  }

  /** A row that holds another example than before. */
  set(row: number): void {
    this.clear(row);
    this.#waiting.add(row);
  }

  /** A row that another person has now. */
  given(row: number): void {
    this.#groups.given(row);
  }

  clear(row: number): void {
    for (const other of this.#groups.leave(row)) this.#waiting.add(other);
    this.#waiting.delete(row);
  }

  nearestRows(queries: Float32Array, count: number): number[][] {
    const { size } = this.#graph;
    const breadth = Math.min(size, Math.max(count, Math.ceil(BREADTH * Math.sqrt(size))));
    const groups = Math.max(count, Math.ceil(COMPARED_SHARE * breadth));
    const found = this.#graph.search(queries, breadth);
    return found.map((keys) => [...this.#groups.rowsAround(keys.slice(0, groups)), ...this.#waiting]);
  }

  /** Takes in some of the rows that wait. @returns whether others still do */
  work(): boolean {
    if (this.#groups.gone > MAX_GONE_SHARE * this.#groups.count) this.#startOver();
    const rows: number[] = [];
    for (const row of this.#waiting) if (rows.push(row) === TAKEN_AT_ONCE) break;
    const centres = this.#grouped(rows);
    if (centres.length > 0) this.#add(centres);
    for (const row of rows) this.#waiting.delete(row);
    return this.#waiting.size > 0;
  }

  save(path: string): void {
    this.#graph.save(path);
  }

  /**
   * Takes up a graph that was saved. Rows that it does not hold wait to be taken in.
   * @param founders of each of its keys, none where one of them is gone
   */
  restore(path: string, founders: readonly (readonly number[])[]): void {
    const graph = this.#empty();
    graph.load(path);
    if (graph.size !== founders.length)
      throw new Error('the saved graph holds another number of groups than it should');
    this.#graph = graph;
    for (const rows of founders) {
      if (rows.length === 0) this.#groups.skip();
      else this.#groups.restore(rows);
      for (const row of rows) this.#waiting.delete(row);
    }
  }

  /** @returns the centres of new groups */
  #grouped(rows: readonly number[]): Float32Array[] {
    const open = new Map<number, number[]>();
    for (const row of rows) {
      if (this.#groups.join(row)) continue;
      const person = this.parts.examples.ownerOf(row);
      const others = open.get(person);
      if (others) others.push(row);
      else open.set(person, [row]);
    }
    return [...open.values()].flatMap((some) => this.#groups.found(some));
  }

  #add(centres: readonly Float32Array[]): void {
    const first = this.#groups.count - centres.length;
    const keys = centres.map((_, i) => first + i);
    this.#graph.add(keys, joinRows(centres, this.parts.examples.dimension));
  }

  #startOver(): void {
    const { examples } = this.parts;
    this.#graph = this.#empty();
    this.#groups = this.#noGroups();
    for (let row = 0; row < examples.count; row++) if (examples.ownerOf(row) >= 0) this.#waiting.add(row);
  }

  #noGroups(): ExampleGroups {
    return new ExampleGroups(this.parts.examples, this.parts.near);
  }

  #empty(): NativeGraph {
    const { library, examples } = this.parts;
    return library.openGraph({ ...GRAPH_SHAPE, dimension: examples.dimension });
  }
}
