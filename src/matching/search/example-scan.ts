import { ExampleGroups } from './example-groups.js';
import type { ExampleRows } from './example-rows.js';
import type { RowSearch } from './people-search.js';
import { SAMPLE_ROWS, Subspace } from './subspace.js';

/** Groups whose examples are compared: at least so many, */
const MIN_GROUPS = 64;
/** and this times the square root of the number of groups: 358 of 200,000. See docs/benchmarks.md, search-approx. */
const GROUPS_PER_ROOT = 0.8;
/** Rows that are added before the next search is served. */
const BATCH_ROWS = 256;
/** The space is learnt again when there are so many times as many examples. */
const RELEARN = 4;

/**
 * A scan of all groups of examples, by their means as bytes. The examples of the nearest groups are compared as bytes, and the
 * nearest of those are found. Rows are added between searches.
 */
export class ExampleScan implements RowSearch {
  #space: Subspace | null = null;
  #groups: ExampleGroups | null = null;
  #learntFrom = 0;
  readonly #waiting = new Set<number>();

  /** @param near Euclidean distance up to which examples of a person may share a group */
  constructor(
    private readonly kernel: WebAssembly.Module,
    private readonly examples: ExampleRows,
    private readonly near: number,
  ) {
    this.#addAll();
  }

  /** Whether it holds every example. It does not while rows wait, nor with too few examples to learn the space. */
  get isReady(): boolean {
    return this.#groups !== null && this.#waiting.size === 0;
  }

  /** Number of groups. */
  get size(): number {
    return this.#groups?.count ?? 0;
  }

  /** To be called after a row received an example or another person. */
  set(row: number): void {
    this.#waiting.add(row);
  }

  /** To be called before a row is cleared or receives another person. */
  clear(row: number): void {
    this.#groups?.remove(row);
    this.#waiting.delete(row);
  }

  nearestRows(queries: Float32Array, count: number): number[][] {
    const [space, groups] = [this.#space!, this.#groups!];
    const { dimension } = this.examples;
    const compared = Math.max(MIN_GROUPS, count, Math.ceil(GROUPS_PER_ROOT * Math.sqrt(groups.count)));
    return Array.from({ length: queries.length / dimension }, (_, i) => {
      const code = space.codeOf(queries.subarray(i * dimension, (i + 1) * dimension));
      return groups.nearest(code, compared, count);
    });
  }

  /** Adds some of the waiting rows. @returns whether it can add more */
  addWaiting(): boolean {
    const { filled } = this.examples;
    if (filled >= Math.max(SAMPLE_ROWS, RELEARN * this.#learntFrom)) this.#learn();
    const [space, groups] = [this.#space, this.#groups];
    if (space === null || groups === null) return false;
    let added = 0;
    for (const row of this.#waiting) {
      if (added++ === BATCH_ROWS) break;
      groups.add(row, space.codeOf(this.examples.row(row)));
      this.#waiting.delete(row);
    }
    return this.#waiting.size > 0;
  }

  #learn(): void {
    const { kernel, examples, near } = this;
    const space = Subspace.of(examples, kernel);
    this.#space = space;
    this.#learntFrom = examples.filled;
    this.#groups = space && new ExampleGroups(kernel, examples, space, near * space.scale);
    this.#addAll();
  }

  #addAll(): void {
    const { examples } = this;
    for (let row = 0; row < examples.count; row++) if (examples.ownerOf(row) >= 0) this.#waiting.add(row);
  }
}
