import type { RostroError } from '../../../shared/errors.js';
import { badGraph, type GraphDefNode, type GraphDefTensor } from './graphdef.js';
import { UnsupportedOperator } from '../unsupported-operators.js';
import type { Operation } from './network.js';

/**
 * Maximum size of constants computed during conversion: shapes and batch-norm vectors (at most 1,792 values in
 * FaceNet), not weights.
 */
const FOLDED_VALUES_LIMIT = 2 ** 13;

/** A node as its handler sees it: input values and attributes, checked on access. */
export class NodeView {
  readonly name: string;
  readonly op: string;

  constructor(
    private readonly node: GraphDefNode,
    readonly values: readonly Value[],
  ) {
    this.name = node.name;
    this.op = node.op;
  }

  value(index: number): Value {
    if (index < 0 || index >= this.values.length)
      throw this.malformed(`has ${this.values.length} inputs, which are too few`);
    return this.values[index];
  }

  constant(index: number): Constant {
    const value = this.value(index);
    if (value.kind !== 'constant') throw this.unsupported(`with a computed input ${index + 1}`);
    return value;
  }

  /** @param rank required number of dimensions; any if omitted */
  activation(index: number, rank?: number): Operation {
    const value = this.value(index);
    if (value.kind === 'constant') throw this.unsupported('of constants');
    if (rank !== undefined && value.dims.length !== rank) {
      throw this.malformed(`needs ${rank} dimensions, not ${value.dims.length}`);
    }
    return value;
  }

  /** The values of a constant input that is a list or a scalar. */
  numbers(index: number): number[] {
    const value = this.constant(index);
    if (value.dims.length > 1) throw this.malformed(`needs a list as input ${index + 1}`);
    this.requireFoldable(sizeOf(value));
    return Array.from(value.read());
  }

  /** @param size number of values that would be computed */
  requireFoldable(size: number): void {
    if (size > FOLDED_VALUES_LIMIT) throw this.unsupported(`of constants of more than ${FOLDED_VALUES_LIMIT} values`);
  }

  text(key: string, fallback: string): string {
    const value = this.node.attributes.get(key);
    return typeof value === 'string' ? value : fallback;
  }

  number(key: string, fallback: number): number {
    const value = this.node.attributes.get(key);
    return typeof value === 'number' ? value : fallback;
  }

  flag(key: string): boolean {
    return this.node.attributes.get(key) === true;
  }

  list(key: string): readonly number[] {
    const value = this.node.attributes.get(key);
    return Array.isArray(value) ? (value as readonly number[]) : [];
  }

  tensor(key: string): GraphDefTensor {
    const value = this.node.attributes.get(key);
    if (typeof value !== 'object' || !('dims' in value)) throw this.malformed(`has no ${key}`);
    return value;
  }

  /** @param axis as in TensorFlow: negative values count from the end */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(positive) || positive < 0 || positive >= rank) {
      throw this.malformed(`uses the axis ${axis} of ${rank} dimensions`);
    }
    return positive;
  }

  /** Rejects other layouts than NHWC, which all known FaceNet files have. */
  requireChannelsLast(): void {
    const format = this.text('data_format', 'NHWC');
    if (format !== 'NHWC') throw this.unsupported(`with data_format ${format}`);
  }

  /** @param reason completes "node x (Op) …" */
  malformed(reason: string): RostroError {
    return badGraph(`node "${this.name}" (${this.op}) ${reason}`);
  }

  /** @param detail the unsupported part of the operator */
  unsupported(detail: string): UnsupportedOperator {
    return new UnsupportedOperator(`${this.op} ${detail}`);
  }
}

/** Converts one node to a value. */
export type Handler = (node: NodeView) => Value;

/** A value known during conversion: weights, and shape arithmetic. */
export interface Constant {
  readonly kind: 'constant';
  readonly dims: readonly number[];
  /**
   * Row-major. Integers and booleans are numbers. NaN stands for the batch size and values computed from it, which are
   * known only at run time.
   */
  readonly read: () => Float32Array | Float64Array;
}

/** The converted output of a TensorFlow node. */
export type Value = Constant | Operation;

/** @param values row-major, as many as `dims` requires */
export function constant(dims: readonly number[], values: ArrayLike<number>): Constant {
  const data = Float64Array.from(values);
  return { kind: 'constant', dims, read: () => data };
}

/** The number of values of a constant. */
export function sizeOf({ dims }: Constant): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
