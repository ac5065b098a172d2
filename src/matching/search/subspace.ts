import { seededRandom } from '../../shared/statistics/random.js';
import type { ExampleRows } from './example-rows.js';
import { KernelMemory } from './scan-kernel.js';

/** Rows that the space is found from. With fewer examples there is no space. */
export const SAMPLE_ROWS = 1024;
/** Largest share of the squared length of a row of the sample that lies outside. */
const MAX_OUTSIDE = 1e-3;
/** The largest coordinate of the sample; other vectors have some room in a byte. */
const LARGEST = 100;
const INT8_MAX = 127;
/** Share of the variance in the leading coordinates. */
const LEADING_SHARE = 0.9;
/** Of the sum of all variances: keeps an iteration where there is none left away from 0. */
const SHIFT = 1e-7;
/** Steps of the power iteration for a principal component. Those that are not told apart by then hold about the same variance. */
const STEPS = 20;

/**
 * The few dimensions that all embeddings of a network lie in, though they have more values: 53 of FaceNet's 512, 63 of
 * MobileFaceNet's 192, 79 of face-api's 128 (docs/benchmarks.md, search-approx). Distances there are the distances of the
 * embeddings but for a thousandth, and never larger. Coordinates are principal components, the one with the largest variance
 * first; the origin is the mean of the sample. The dimensions come from a randomized range finder (Halko, Martinsson and
 * Tropp, arXiv:0909.4061, algorithm 4.2).
 */
export class Subspace {
  readonly #memory: KernelMemory;
  readonly #origin: Float32Array;
  /** Values of a vector in the memory, where it lies at 0 and the basis behind it. */
  readonly #padded: number;

  /**
   * @param basis orthogonal vectors of one length, `scale`
   * @param leading the first coordinates that hold nine tenths of the variance
   */
  private constructor(
    module: WebAssembly.Module,
    basis: readonly Float32Array[],
    mean: Float32Array,
    readonly scale: number,
    readonly leading: number,
    readonly dimension = basis.length,
  ) {
    this.#memory = new KernelMemory(module);
    this.#padded = 8 * Math.ceil(mean.length / 8);
    this.#memory.reserve(4 * (this.#padded * (1 + dimension) + dimension));
    basis.forEach((one, i) => this.#memory.floats.set(one, (1 + i) * this.#padded));
    this.#origin = this.#productsOf(mean).slice();
  }

  /** @returns null where the examples are too few or all the same */
  static of(examples: ExampleRows, module: WebAssembly.Module): Subspace | null {
    if (examples.filled < SAMPLE_ROWS) return null;
    const { dimension } = examples;
    const sample = sampleOf(examples);
    const limits = sample.map((row) => MAX_OUTSIDE * squaredLength(row));
    const mean = meanOf(sample);
    for (const row of sample) subtract(row, mean, 1);
    const random = seededRandom(1);
    const outside = sample.map((row) => row.slice());
    const range: Float32Array[] = [];
    while (range.length < dimension && outside.some((row, i) => squaredLength(row) > limits[i])) {
      const direction = mixture(outside, random);
      for (const row of outside) subtract(row, direction, dot(row, direction));
      range.push(direction);
    }
    if (range.length === 0) return null;
    const { components, variances } = principal(covariance(sample, range));
    const basis = components.map((weights) => mixed(range, weights));
    const largest = Math.max(...basis.map((one) => Math.max(...sample.map((row) => Math.abs(dot(row, one))))));
    const scale = LARGEST / largest;
    const scaled = basis.map((one) => one.map((value) => scale * value));
    return new Subspace(module, scaled, mean, scale, leadingOf(variances));
  }

  /** @returns the coordinates, rounded */
  codeOf(vector: Float32Array): Int8Array {
    const products = this.#productsOf(vector);
    return Int8Array.from(this.#origin, (value, i) =>
      Math.round(Math.max(-INT8_MAX, Math.min(INT8_MAX, products[i] - value))),
    );
  }

  /** @returns a view of memory that the next call overwrites */
  #productsOf(vector: Float32Array): Float32Array {
    const { kernel, floats } = this.#memory;
    const [padded, { dimension }] = [this.#padded, this];
    const out = padded * (1 + dimension);
    floats.set(vector);
    kernel.project(0, 4 * padded, padded, dimension, 4 * out);
    return floats.subarray(out, out + dimension);
  }
}

/** Copies of rows that are spread evenly. */
function sampleOf(examples: ExampleRows): Float32Array[] {
  const rows: Float32Array[] = [];
  const step = examples.filled / SAMPLE_ROWS;
  let seen = 0;
  for (let row = 0; row < examples.count && rows.length < SAMPLE_ROWS; row++) {
    if (examples.ownerOf(row) >= 0 && seen++ >= rows.length * step) rows.push(examples.row(row).slice());
  }
  return rows;
}

function meanOf(rows: readonly Float32Array[]): Float32Array {
  return mixed(rows, new Float32Array(rows.length).fill(1 / rows.length));
}

/** @returns row-major, of the rows' coordinates in the basis */
function covariance(rows: readonly Float32Array[], basis: readonly Float32Array[]): Float32Array[] {
  const columns = basis.map((one) => Float32Array.from(rows, (row) => dot(row, one)));
  return columns.map((a) => Float32Array.from(columns, (b) => dot(a, b) / rows.length));
}

/** @param matrix symmetric @returns its eigenvectors, of unit length, about by their eigenvalues, largest first */
function principal(matrix: readonly Float32Array[]): { components: Float32Array[]; variances: number[] } {
  const random = seededRandom(2);
  const shift = SHIFT * matrix.reduce((sum, row, i) => sum + row[i], 0);
  const components: Float32Array[] = [];
  const variances: number[] = [];
  while (components.length < matrix.length) {
    let vector = Float32Array.from(matrix, () => random() - 0.5);
    for (let step = 0; step < STEPS; step++) {
      const next = Float32Array.from(matrix, (row, i) => dot(row, vector) + shift * vector[i]);
      for (const one of components) subtract(next, one, dot(next, one));
      vector = unit(next);
    }
    components.push(vector);
    variances.push(
      dot(
        vector,
        Float32Array.from(matrix, (row) => dot(row, vector)),
      ),
    );
  }
  return { components, variances };
}

function leadingOf(variances: readonly number[]): number {
  const total = variances.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  return variances.findIndex((one) => (sum += one) >= LEADING_SHARE * total) + 1;
}

/** A unit vector. */
function mixture(rows: readonly Float32Array[], random: () => number): Float32Array {
  return unit(
    mixed(
      rows,
      Float32Array.from(rows, () => random() - 0.5),
    ),
  );
}

function mixed(vectors: readonly Float32Array[], weights: Float32Array): Float32Array {
  const sum = new Float32Array(vectors[0].length);
  vectors.forEach((vector, i) => subtract(sum, vector, -weights[i]));
  return sum;
}

function unit(vector: Float32Array): Float32Array<ArrayBuffer> {
  const length = Math.sqrt(squaredLength(vector));
  return vector.map((value) => value / length);
}

function subtract(from: Float32Array, vector: Float32Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= times * vector[i];
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function squaredLength(vector: Float32Array): number {
  return dot(vector, vector);
}
