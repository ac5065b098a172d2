import type { RostroError } from '../../../../shared/errors.js';
import { badGraph, type GraphDefNode } from '../../formats/graphdef.js';
import type { GraphDefTensor } from '../../formats/graphdef-tensor.js';
import { UnsupportedOperator } from '../../formats/unsupported-operators.js';
import type { Operation } from '../../network.js';
import { sizeOf, type Constant, type Value } from './value.js';

/** Computing at import is for shapes and batch-norm vectors (at most 1,792 values in FaceNet), not for weights. */
const FOLDED_VALUES_LIMIT = 2 ** 13;

/** What a handler sees of a node: its input values and its attributes, each checked on access. */
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
      throw this.malformed(`has ${this.values.length} inputs where it needs more`);
    return this.values[index];
  }

  constant(index: number): Constant {
    const value = this.value(index);
    if (value.kind !== 'constant') throw this.unsupported(`with a computed input ${index + 1}`);
    return value;
  }

  /** @param rank how many dimensions it must have; any number when left out */
  activation(index: number, rank?: number): Operation {
    const value = this.value(index);
    if (value.kind === 'constant') throw this.unsupported('of constants');
    if (rank !== undefined && value.dims.length !== rank) {
      throw this.malformed(`needs ${rank} dimensions, not ${value.dims.length}`);
    }
    return value;
  }

  /** The numbers of a constant input that is a list or a single number. */
  numbers(index: number): number[] {
    const value = this.constant(index);
    if (value.dims.length > 1) throw this.malformed(`needs a list as input ${index + 1}`);
    this.requireFoldable(sizeOf(value));
    return Array.from(value.read());
  }

  /** @param size how many values would be computed at import */
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

  /** @param axis as TensorFlow counts it: a negative one from the end */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(positive) || positive < 0 || positive >= rank) {
      throw this.malformed(`names the axis ${axis} of ${rank} dimensions`);
    }
    return positive;
  }

  /** The layout that every known FaceNet file has. */
  requireChannelsLast(): void {
    const format = this.text('data_format', 'NHWC');
    if (format !== 'NHWC') throw this.unsupported(`with data_format ${format}`);
  }

  /** @param reason completes "node x (Op) …" */
  malformed(reason: string): RostroError {
    return badGraph(`node "${this.name}" (${this.op}) ${reason}`);
  }

  /** @param detail what of the operator is not supported */
  unsupported(detail: string): UnsupportedOperator {
    return new UnsupportedOperator(`${this.op} ${detail}`);
  }
}

/** Turns one node of its operator into a value. */
export type Handler = (node: NodeView) => Value;
