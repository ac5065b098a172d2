import type { Operation } from '../../network.js';

/** A value that is known at import: weights, and shape arithmetic. */
export interface Constant {
  readonly kind: 'constant';
  readonly dims: readonly number[];
  /**
   * Row-major. Integers and booleans are numbers, too; NaN among them is the size of the batch, or something
   * computed from it, which only a run knows.
   */
  readonly read: () => Float32Array | Float64Array;
}

/** What one output of a TensorFlow node becomes. */
export type Value = Constant | Operation;

/** @param values row-major, as many as `dims` hold */
export function constant(dims: readonly number[], values: ArrayLike<number>): Constant {
  const data = Float64Array.from(values);
  return { kind: 'constant', dims, read: () => data };
}

/** How many values a constant holds. */
export function sizeOf({ dims }: Constant): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
