import { channelsOf, type Operation } from '../../../network.js';
import type { NodeView } from '../node-view.js';
import { constant, sizeOf, type Constant } from '../value.js';

/** Dimensions of two tensors that broadcast, numpy's rule; null where they do not. The free batch is `null`. */
function broadcastDims<T extends number | null>(a: readonly T[], b: readonly T[]): T[] | null {
  const rank = Math.max(a.length, b.length);
  const result: T[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a.length + i < rank ? 1 : a[a.length + i - rank];
    const right = b.length + i < rank ? 1 : b[b.length + i - rank];
    if (left !== right && left !== 1 && right !== 1) return null;
    result.push((left === 1 ? right : left) as T);
  }
  return result;
}

/**
 * A constant that meets an activation, as one value a channel: the same for every pixel and every image.
 * @throws UnsupportedOperator when it is anything else
 */
export function perChannel(node: NodeView, value: Constant, x: Operation): Float64Array {
  const channels = channelsOf(x);
  const size = sizeOf(value);
  const fits = size === 1 || (size === channels && value.dims.at(-1) === channels);
  if (!fits || value.dims.length > x.dims.length) {
    throw node.unsupported(`with a constant of shape [${value.dims.join(', ')}]`);
  }
  const values = value.read();
  if (values.some(Number.isNaN)) throw node.unsupported('with the size of the batch');
  return size === 1 ? new Float64Array(channels).fill(values[0]) : Float64Array.from(values);
}

/** Both activations, of equally many dimensions: what they broadcast to. */
export function activationDims(node: NodeView, a: Operation, b: Operation): Operation['dims'] {
  const dims = a.dims.length === b.dims.length ? broadcastDims<number | null>(a.dims, b.dims) : null;
  if (dims === null) throw node.malformed('has inputs of shapes that do not go together');
  return dims as unknown as Operation['dims'];
}

/** Applies `fold` to every pair of values of two constants, in float64. */
export function foldConstants(
  node: NodeView,
  a: Constant,
  b: Constant,
  fold: (x: number, y: number) => number,
): Constant {
  const dims = broadcastDims(a.dims, b.dims);
  if (dims === null) throw node.malformed('has inputs of shapes that do not go together');
  const size = dims.reduce((product, dim) => product * dim, 1);
  node.requireFoldable(size);
  const left = a.read();
  const right = b.read();
  const values = Float64Array.from({ length: size }, (_, i) => {
    return fold(left[sourceIndex(i, dims, a.dims)], right[sourceIndex(i, dims, b.dims)]);
  });
  return constant(dims, values);
}

/** Index into a tensor of `own` dimensions for the flat index of the `dims` that it is broadcast to. */
function sourceIndex(flat: number, dims: readonly number[], own: readonly number[]): number {
  let index = 0;
  let step = 1;
  let rest = flat;
  for (let axis = dims.length - 1, mine = own.length - 1; mine >= 0; axis--, mine--) {
    index += (own[mine] === 1 ? 0 : rest % dims[axis]) * step;
    step *= own[mine];
    rest = Math.floor(rest / dims[axis]);
  }
  return index;
}

/** Applies `fold` to every value of a constant, in float64. */
export function mapConstant(node: NodeView, value: Constant, fold: (x: number) => number): Constant {
  node.requireFoldable(sizeOf(value));
  return constant(value.dims, Float64Array.from(value.read(), fold));
}
