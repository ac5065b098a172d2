import { rowOf, type Samples } from '../samples.js';

export interface KernelSpec {
  readonly kind: 'linear' | 'rbf';
  /**
   * Half the mean squared distance of two samples. The linear kernel is x·z / spread, the RBF kernel exp(−‖x − z‖² /
   * spread): scikit-learn's `gamma='scale'`, so one cost suits embeddings of any length.
   */
  readonly spread: number;
}

/** Samples and strangers in one matrix, and the kernel between its rows. */
export class KernelRows {
  readonly count: number;
  readonly spec: KernelSpec;
  private readonly dimension: number;
  private readonly matrix: Float32Array;

  constructor(samples: Samples, strangers: Samples, kind: KernelSpec['kind']) {
    this.dimension = samples.dimension;
    this.matrix = stacked(samples, strangers);
    this.count = samples.person.length + strangers.person.length;
    this.spec = { kind, spread: totalVariance(this.matrix, this.dimension) };
  }

  /** @returns the kernel between the given rows, row-major, symmetric */
  kernelOf(rows: readonly number[]): Float64Array {
    const size = rows.length;
    const kernel = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = i; j < size; j++) {
        const value = kernelValue(this.spec, this.row(rows[i]), this.row(rows[j]));
        kernel[i * size + j] = value;
        kernel[j * size + i] = value;
      }
    }
    return kernel;
  }

  /** @returns at most `limit` rows outside `own` that are nearest to a row in it */
  nearest(own: readonly number[], limit: number): number[] {
    const inside = new Set(own);
    const others = Array.from({ length: this.count }, (_, row) => row).filter((row) => !inside.has(row));
    const nearness = new Map(
      others.map((row) => [row, Math.min(...own.map((mine) => squaredDistance(this.row(row), this.row(mine))))]),
    );
    return others.sort((a, b) => nearness.get(a)! - nearness.get(b)!).slice(0, limit);
  }

  private row(row: number): Float32Array {
    return this.matrix.subarray(row * this.dimension, (row + 1) * this.dimension);
  }
}

export function kernelValue({ kind, spread }: KernelSpec, a: Float32Array, b: Float32Array): number {
  return kind === 'linear' ? dot(a, b) / spread : Math.exp(-squaredDistance(a, b) / spread);
}

/** Row `index` of the samples, continued in the strangers. */
export function stackedRow(samples: Samples, strangers: Samples, index: number): Float32Array {
  const known = samples.person.length;
  return index < known ? rowOf(samples, index) : rowOf(strangers, index - known);
}

function stacked(samples: Samples, strangers: Samples): Float32Array {
  const matrix = new Float32Array(samples.matrix.length + strangers.matrix.length);
  matrix.set(samples.matrix);
  matrix.set(strangers.matrix, samples.matrix.length);
  return matrix;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/**
 * The sum of the variances of all dimensions: half the mean squared distance of two rows. 1 when all rows are equal.
 */
function totalVariance(matrix: Float32Array, dimension: number): number {
  const rows = matrix.length / Math.max(1, dimension);
  let total = 0;
  for (let column = 0; column < dimension; column++) {
    let [sum, squares] = [0, 0];
    for (let at = column; at < matrix.length; at += dimension) {
      sum += matrix[at];
      squares += matrix[at] ** 2;
    }
    total += squares / rows - (sum / rows) ** 2;
  }
  return total > 1e-12 ? total : 1;
}
