import { seededRandom } from '../../shared/statistics/random.js';
import { joinRows } from '../classifiers/samples.js';
import type { ExampleRows } from './example-rows.js';

/** Rows that the space is found from. With fewer examples there is no space. */
const SAMPLE_ROWS = 1024;
/** Largest share of the squared length of a row of the sample that lies outside. */
const MAX_OUTSIDE = 1e-3;
/** The same for other vectors. */
const MAX_OUTSIDE_LATER = 1e-2;
/** The largest coordinate of the sample; other vectors have some room in a byte. */
const LARGEST = 100;
const INT8_MAX = 127;
/** A space of more than this share of the dimensions is not worth its projections. */
const MAX_SHARE = 0.75;

/**
 * The few dimensions that all embeddings of a network lie in, though they have more values: 53 of FaceNet's 512, 63 of
 * MobileFaceNet's 192, 79 of face-api's 128 (docs/benchmarks.md, search-approx). Distances there are the distances of the
 * embeddings but for a thousandth. The basis mixes all rows of the sample with random weights, so that none can be read from it
 * (randomized range finder; Halko, Martinsson and Tropp, arXiv:0909.4061, algorithm 4.2).
 */
export class Subspace {
  readonly #scale: number;

  /** @param basis row-major, orthogonal vectors of `width` values and of one length, which is the scale of coordinates */
  constructor(
    private readonly width: number,
    readonly basis: Float32Array,
  ) {
    this.#scale = Math.sqrt(squaredLength(basis.subarray(0, width)));
  }

  get dimension(): number {
    return this.basis.length / this.width;
  }

  /** @returns null where the examples are too few or fill too many dimensions */
  static of(examples: ExampleRows): Subspace | null {
    if (examples.filled < SAMPLE_ROWS) return null;
    const { dimension } = examples;
    const outside = sampleOf(examples);
    const limits = outside.map((row) => MAX_OUTSIDE * squaredLength(row));
    const random = seededRandom(1);
    const basis: Float32Array[] = [];
    while (outside.some((row, i) => squaredLength(row) > limits[i])) {
      if (basis.length >= MAX_SHARE * dimension) return null;
      const direction = mixture(outside, random);
      for (const row of outside) subtract(row, direction, dot(row, direction));
      basis.push(direction);
    }
    return new Subspace(dimension, scaledBasis(basis, sampleOf(examples)));
  }

  /** @param vectors row-major @returns row-major; the largest are about 100 */
  coordinatesOf(vectors: Float32Array): Float32Array {
    const { width, basis, dimension } = this;
    const coordinates = new Float32Array((vectors.length / width) * dimension);
    for (let at = 0, to = 0; at < vectors.length; at += width) {
      for (let from = 0; from < basis.length; from += width) {
        // Two sums at once take half the time of one.
        let [even, odd] = [0, 0];
        for (let i = 0; i < width; i += 2) {
          even += vectors[at + i] * basis[from + i];
          odd += i + 1 < width ? vectors[at + i + 1] * basis[from + i + 1] : 0;
        }
        coordinates[to++] = even + odd;
      }
    }
    return coordinates;
  }

  /** Whether these vectors lie in the space. */
  holds(vectors: Float32Array, coordinates: Float32Array): boolean {
    const { width, dimension } = this;
    for (let row = 0; row * width < vectors.length; row++) {
      const length = squaredLength(vectors.subarray(row * width, (row + 1) * width));
      const inside = squaredLength(coordinates.subarray(row * dimension, (row + 1) * dimension));
      if (inside / this.#scale ** 2 < (1 - MAX_OUTSIDE_LATER) * length) return false;
    }
    return true;
  }
}

/** Rounds coordinates: a search among bytes takes a quarter less time than among half floats. */
export function bytesOf(coordinates: Float32Array): Int8Array {
  return Int8Array.from(coordinates, (value) => Math.round(Math.max(-INT8_MAX, Math.min(INT8_MAX, value))));
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

/** Joins the unit vectors, as long as gives the sample coordinates that fill a byte. */
function scaledBasis(basis: readonly Float32Array[], sample: readonly Float32Array[]): Float32Array {
  const largest = Math.max(...basis.map((one) => Math.max(...sample.map((row) => Math.abs(dot(row, one))))));
  return joinRows(basis, sample[0].length).map((value) => (LARGEST / largest) * value);
}

/** A unit vector. */
function mixture(rows: readonly Float32Array[], random: () => number): Float32Array {
  const mixed = new Float32Array(rows[0].length);
  for (const row of rows) subtract(mixed, row, random() - 0.5);
  const length = Math.sqrt(squaredLength(mixed));
  return mixed.map((value) => value / length);
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
