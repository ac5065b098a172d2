import type { BatchMatches, Index, Matches } from 'usearch';

/** Bytes are compared as they are, others as half floats. */
export type Vectors = Float32Array | Int8Array;

/** A graph of vectors (HNSW, Malkov and Yashunin, arXiv:1603.09320) in native memory, for one thread. Keys are integers, each used once. */
export interface NativeGraph {
  /** @param vectors row-major, one row per key */
  add(keys: readonly number[], vectors: Vectors): void;
  /** @returns for each query the keys of approximately the nearest `count` vectors, nearest first */
  search(queries: Vectors, count: number): number[][];
  readonly size: number;
  /** Blocks the thread, as does `load`. */
  save(path: string): void;
  load(path: string): void;
}

export interface GraphShape {
  readonly dimension: number;
  readonly scalars: 'float' | 'byte';
  /** Links of a vector on the upper levels; twice as many on the lowest. */
  readonly connectivity: number;
  /** Candidates that are compared when a vector is added, and when one is searched for. */
  readonly expansionAdd: number;
  readonly expansionSearch: number;
}

/** Search by SIMD instructions. Every method blocks the calling thread. */
export interface VectorLibrary {
  /**
   * @param matrix row-major, rows × `dimension`, from the start of its buffer
   * @param count at most as many as there are rows
   * @returns for each query the nearest rows by Euclidean distance, nearest first
   */
  nearestRows(
    matrix: Float32Array,
    queries: Float32Array,
    dimension: number,
    count: number,
    threads: number,
  ): number[][];
  openGraph(shape: GraphShape): NativeGraph;
}

/**
 * The only importer of usearch. It comes compiled for Linux and macOS (x64, arm64).
 * @throws where it is not installed or not compiled for this machine
 */
export async function loadUsearch(): Promise<VectorLibrary> {
  const { exactSearch, Index, MetricKind, ScalarKind } = await import('usearch');
  return {
    nearestRows(matrix, queries, dimension, count, threads) {
      // usearch 2.25 reads both from the start of their buffers, wherever the views start.
      if (matrix.byteOffset !== 0) throw new Error('the matrix does not begin where its buffer does');
      const asked = queries.byteOffset === 0 ? queries : queries.slice();
      const { keys } = exactSearch(matrix, asked, dimension, count, MetricKind.L2sq, threads);
      return rowsOf(keys, count);
    },
    openGraph: ({ dimension, scalars, connectivity, expansionAdd, expansionSearch }) =>
      graphOf(
        new Index({
          dimensions: dimension,
          metric: MetricKind.L2sq,
          // Half the memory, and 0.3 instead of 0.7 ms per search. The caller computes exact distances from the float32 values.
          quantization: scalars === 'byte' ? ScalarKind.I8 : ScalarKind.F16,
          connectivity,
          expansion_add: expansionAdd,
          expansion_search: expansionSearch,
          multi: false,
        }),
      ),
  };
}

function graphOf(index: Index): NativeGraph {
  return {
    // In one thread: with two, some vectors cannot be found afterwards (docs/benchmarks.md, search-approx).
    add: (keys, vectors) => index.add(BigUint64Array.from(keys, BigInt), vectors, 1),
    search(queries, count) {
      // One query gives a result of another shape than several, unlike its types say.
      const found = index.search(queries, count, 1) as BatchMatches | (Matches & { counts?: undefined });
      if (found.counts === undefined) return [Array.from(found.keys, Number)];
      return Array.from(found.counts, (_, query) => Array.from(found.get(query).keys, Number));
    },
    get size() {
      return index.size();
    },
    save: (path) => index.save(path),
    load: (path) => index.load(path),
  };
}

function rowsOf(keys: BigUint64Array, count: number): number[][] {
  const all = Array.from(keys, Number);
  return Array.from({ length: all.length / count }, (_, query) => all.slice(query * count, (query + 1) * count));
}
