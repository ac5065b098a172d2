import type { GraphShape, NativeGraph, VectorLibrary } from './usearch.js';
import { joinRows } from '../classifiers/samples.js';
import { ExampleGroups } from './example-groups.js';
import type { ExampleRows } from './example-rows.js';
import type { RowSearch } from './people-search.js';
import { bytesOf, Subspace } from './subspace.js';

/** See docs/benchmarks.md, search-approx, for what other values gave. */
export const GRAPH_SHAPE: Omit<GraphShape, 'dimension' | 'scalars'> = {
  connectivity: 24,
  expansionAdd: 128,
  expansionSearch: 64,
};
/** Candidates of a search: at least so many, */
const MIN_CANDIDATES = 64;
/** and this times the square root of the number of groups: 202 of 200,000. */
const CANDIDATES_PER_ROOT = 0.45;
/** Share of those candidates whose people's examples are compared one by one, unless more rows are requested. */
const COMPARED_SHARE = 0.6;
/** Rows that are added before the next search is served: 7 ms where people have five examples each, 35 ms where they have one. */
const BATCH_ROWS = 64;
/** Rows that are not in the graph yet are compared one by one in each search, up to this number. */
const MAX_WAITING = 256;
/** The graph is rebuilt when this share of its keys is of erased examples. */
const MAX_ERASED_SHARE = 0.1;

export interface GraphParts {
  readonly examples: ExampleRows;
  readonly library: VectorLibrary;
  /** See `ExampleGroups`. */
  readonly near: number;
}

/**
 * A graph over groups of examples: it finds the nearest ones without comparing all. Rows are added between searches. Nothing
 * is removed from the native graph, because usearch misses vectors after its entry is replaced (unum-cloud/USearch issue
 * 399): keys of erased examples are skipped, and the graph is rebuilt when there are too many of them.
 */
export class ExampleGraph implements RowSearch {
  /** A group's number is its key in the native graph. */
  #groups: ExampleGroups;
  #graph: NativeGraph;
  /** Where the graph compares vectors; null: with all their values. */
  #space: Subspace | null;
  readonly #waiting = new Set<number>();

  constructor(private readonly parts: GraphParts) {
    this.#groups = this.#newGroups();
    this.#space = Subspace.of(parts.examples);
    this.#graph = this.#newGraph();
  }

  get space(): Subspace | null {
    return this.#space;
  }

  /** Whether it can be searched; not while too many rows wait to be added. */
  get isReady(): boolean {
    return this.#groups.count > this.#groups.erased && this.#waiting.size <= MAX_WAITING;
  }

  /** Whether it holds every example and no erased one. */
  get isComplete(): boolean {
    return this.#waiting.size === 0 && !this.holdsErased && this.#groups.count > 0;
  }

  /** Whether its memory still holds means of erased examples, which no search returns. */
  get holdsErased(): boolean {
    return this.#groups.erased > 0;
  }

  /** For each key the rows whose mean it is; an empty list where one of them was erased. */
  get founders(): readonly (readonly number[])[] {
    return Array.from({ length: this.#groups.count }, (_, key) => [...this.#groups.foundersOf(key)]);
  }

  /** Number of keys. */
  get size(): number {
    return this.#groups.count;
  }

  /** The row holds a new example. */
  set(row: number): void {
    this.clear(row);
    this.#waiting.add(row);
  }

  /** The row belongs to another person now. */
  reassign(row: number): void {
    this.#groups.reassign(row);
  }

  clear(row: number): void {
    for (const other of this.#groups.remove(row)) this.#waiting.add(other);
    this.#waiting.delete(row);
  }

  nearestRows(queries: Float32Array, count: number): number[][] {
    const { size } = this.#graph;
    const breadth = Math.min(size, Math.max(count, MIN_CANDIDATES, Math.ceil(CANDIDATES_PER_ROOT * Math.sqrt(size))));
    const groups = Math.max(count, Math.ceil(COMPARED_SHARE * breadth));
    const asked = this.#space ? bytesOf(this.#space.coordinatesOf(queries)) : queries;
    const found = this.#graph.search(asked, breadth);
    const waiting = [...this.#waiting];
    return found.map((keys) => this.#groups.rowsAround(keys.slice(0, groups)).concat(waiting));
  }

  /** Adds some of the waiting rows. @returns whether more wait */
  addWaiting(): boolean {
    if (this.#groups.erased > MAX_ERASED_SHARE * this.#groups.count) this.#rebuild(Subspace.of(this.parts.examples));
    const rows: number[] = [];
    for (const row of this.#waiting) if (rows.push(row) === BATCH_ROWS) break;
    const centres = this.#grouped(rows);
    if (centres.length === 0 || this.#add(centres)) for (const row of rows) this.#waiting.delete(row);
    else this.#rebuild(null);
    return this.#waiting.size > 0;
  }

  save(path: string): void {
    this.#graph.save(path);
  }

  /**
   * Restores a saved graph. Rows that it does not hold wait to be added.
   * @param founders of each key; an empty list where one of them was erased
   */
  restore(path: string, founders: readonly (readonly number[])[], space: Subspace | null): void {
    if ((space === null) !== (this.#space === null)) throw new Error('it was made in another way');
    const graph = this.#newGraph(space);
    graph.load(path);
    if (graph.size !== founders.length)
      throw new Error('the saved graph holds another number of groups than it should');
    [this.#graph, this.#space] = [graph, space];
    for (const rows of founders) {
      if (rows.length === 0) this.#groups.addErased();
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
    return [...open.values()].flatMap((some) => this.#groups.create(some));
  }

  /** @returns false where one of them is outside of the space */
  #add(centres: readonly Float32Array[]): boolean {
    const first = this.#groups.count - centres.length;
    const keys = centres.map((_, i) => first + i);
    const vectors = joinRows(centres, this.parts.examples.dimension);
    const coordinates = this.#space?.coordinatesOf(vectors) ?? null;
    if (coordinates && !this.#space!.holds(vectors, coordinates)) return false;
    this.#graph.add(keys, coordinates ? bytesOf(coordinates) : vectors);
    return true;
  }

  #rebuild(space: Subspace | null): void {
    const { examples } = this.parts;
    this.#space = space;
    this.#graph = this.#newGraph();
    this.#groups = this.#newGroups();
    for (let row = 0; row < examples.count; row++) if (examples.ownerOf(row) >= 0) this.#waiting.add(row);
  }

  #newGroups(): ExampleGroups {
    return new ExampleGroups(this.parts.examples, this.parts.near);
  }

  #newGraph(space = this.#space): NativeGraph {
    const { library, examples } = this.parts;
    const vectors = space
      ? ({ dimension: space.dimension, scalars: 'byte' } as const)
      : ({ dimension: examples.dimension, scalars: 'float' } as const);
    return library.openGraph({ ...GRAPH_SHAPE, ...vectors });
  }
}
