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
}

/**
 * The only importer of usearch. It comes compiled for Linux and macOS (x64, arm64).
 * @throws where it is not installed or not compiled for this machine
 */
export async function loadUsearch(): Promise<VectorLibrary> {
  const { exactSearch, MetricKind } = await import('usearch');
  return {
    nearestRows(matrix, queries, dimension, count, threads) {
      // usearch 2.25 reads both from the start of their buffers, wherever the views start.
      if (matrix.byteOffset !== 0) throw new Error('the matrix does not begin where its buffer does');
      const asked = queries.byteOffset === 0 ? queries : queries.slice();
      const { keys } = exactSearch(matrix, asked, dimension, count, MetricKind.L2sq, threads);
      return rowsOf(keys, count);
    },
  };
}

function rowsOf(keys: BigUint64Array, count: number): number[][] {
  const all = Array.from(keys, Number);
  return Array.from({ length: all.length / count }, (_, query) => all.slice(query * count, (query + 1) * count));
}
