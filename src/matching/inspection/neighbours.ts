import type { Engine, Session } from '../../engine/engine.js';
import { encodeOnnx } from '../../models/convert/onnx/onnx.js';
import { rowOf, type Samples } from '../classifiers/samples.js';

/** Rows per block: a block of products then has 4 MB. */
const BLOCK = 1024;
const NONE = -1;

/** For each row the nearest other row of the same person, and the nearest of another person; -1 when there is none. */
export interface Neighbours {
  readonly own: Int32Array;
  readonly other: Int32Array;
}

/**
 * Compares all rows with each other, block by block.
 * @returns neighbours by inner products in float32; ties within rounding errors are arbitrary
 */
export async function nearestNeighbours(samples: Samples, engine: Engine): Promise<Neighbours> {
  const rows = samples.person.length;
  const search = new NeighbourSearch(samples);
  if (rows === 0) return search;
  const products = await RowProducts.load(engine, samples.dimension);
  try {
    for (let left = 0; left < rows; left += BLOCK) {
      for (let right = left; right < rows; right += BLOCK) {
        search.take(await products.of(search.block(left), search.block(right)), left, right);
      }
    }
  } finally {
    await products.dispose();
  }
  return search;
}

/** The nearest neighbours found so far. */
class NeighbourSearch implements Neighbours {
  readonly own: Int32Array;
  readonly other: Int32Array;
  readonly #ownSquared: Float64Array;
  readonly #otherSquared: Float64Array;
  readonly #norms: Float64Array;

  constructor(private readonly samples: Samples) {
    const rows = samples.person.length;
    this.own = new Int32Array(rows).fill(NONE);
    this.other = new Int32Array(rows).fill(NONE);
    this.#ownSquared = new Float64Array(rows).fill(Infinity);
    this.#otherSquared = new Float64Array(rows).fill(Infinity);
    this.#norms = Float64Array.from({ length: rows }, (_, row) => squaredNorm(rowOf(samples, row)));
  }

  block(first: number): Float32Array {
    const { matrix, dimension } = this.samples;
    return matrix.subarray(first * dimension, (first + BLOCK) * dimension);
  }

  /** @param products of the block that starts at row `left` with the block that starts at row `right` */
  take(products: Float32Array, left: number, right: number): void {
    const rows = this.samples.person.length;
    const width = Math.min(BLOCK, rows - right);
    const height = Math.min(BLOCK, rows - left);
    const norms = this.#norms;
    for (let y = 0; y < height; y++) {
      const a = left + y;
      for (let x = left === right ? y + 1 : 0; x < width; x++) {
        this.#compare(a, right + x, norms[a] + norms[right + x] - 2 * products[y * width + x]);
      }
    }
  }

  #compare(a: number, b: number, squared: number): void {
    const { person } = this.samples;
    const isOwn = person[a] === person[b];
    const nearest = isOwn ? this.own : this.other;
    const best = isOwn ? this.#ownSquared : this.#otherSquared;
    if (squared < best[a]) {
      best[a] = squared;
      nearest[a] = b;
    }
    if (squared < best[b]) {
      best[b] = squared;
      nearest[b] = a;
    }
  }
}

function squaredNorm(row: Float32Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return sum;
}

/**
 * Computes inner products of rows with the engine; a JavaScript loop takes over 100 times as long (bench/gallery.ts).
 */
export class RowProducts {
  private constructor(
    private readonly session: Session,
    private readonly dimension: number,
  ) {}

  static async load(engine: Engine, dimension: number): Promise<RowProducts> {
    const graph = {
      name: 'products',
      inputs: [
        { name: 'left', dims: ['L', dimension] },
        { name: 'right', dims: ['R', dimension] },
      ],
      outputs: [{ name: 'products', dims: ['L', 'R'] }],
      nodes: [
        {
          op: 'Gemm',
          name: 'products',
          inputs: ['left', 'right'],
          outputs: ['products'],
          attributes: { transB: { int: 1 } },
        },
      ],
      initializers: [],
    };
    return new RowProducts(await engine.load(encodeOnnx(graph)), dimension);
  }

  /**
   * @param left row-major, rows × dimension; `right` as well
   * @returns row-major, rows of `left` × rows of `right`
   */
  async of(left: Float32Array, right: Float32Array): Promise<Float32Array> {
    const tensor = (data: Float32Array) => ({ data, dims: [data.length / this.dimension, this.dimension] });
    const { products } = await this.session.run({ left: tensor(left), right: tensor(right) });
    return products.data;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
