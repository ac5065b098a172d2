import type { OnnxInitializer, OnnxNode } from '../../models/convert/onnx/onnx.js';
import { UnsupportedOperator } from '../../models/convert/unsupported-operators.js';
import type { Tf, TfTensor } from './tensorflow.js';
import type { Value } from './value.js';

/** A node that is ready to run. */
export interface Prepared {
  /** Inputs of the node that `run` gets, in this order; the others were read when the network was loaded. */
  readonly reads: readonly number[];
  /** The caller disposes of tensors that it creates and does not return. It must not hold a reference to the node. */
  readonly run: (inputs: readonly Value[]) => Value[];
}

/** Prepares the nodes of one operator. @throws UnsupportedOperator */
export type Handler = (node: NodeView, tf: Tf) => Prepared;

interface Attributes {
  readonly float: number;
  readonly int: number;
  readonly string: string;
  readonly ints: readonly number[];
}

/** A node as its handler sees it: attributes and constant inputs. */
export class NodeView {
  readonly op: string;
  readonly outputCount: number;
  /** Indices of the inputs that are present; optional inputs may be missing in between. */
  readonly inputs: readonly number[];

  constructor(
    private readonly node: OnnxNode,
    private readonly initializers: ReadonlyMap<string, OnnxInitializer>,
    private readonly keep: (tensor: TfTensor) => void,
    private readonly tf: Tf,
  ) {
    this.op = node.op;
    this.outputCount = node.outputs.length;
    this.inputs = node.inputs.flatMap((name, i) => (name === '' ? [] : [i]));
  }

  has(index: number): boolean {
    return this.inputs.includes(index);
  }

  int(name: string, fallback: number): number {
    return this.attribute(name, 'int') ?? fallback;
  }

  ints(name: string): readonly number[] | undefined {
    return this.attribute(name, 'ints');
  }

  float(name: string, fallback: number): number {
    return this.attribute(name, 'float') ?? fallback;
  }

  text(name: string, fallback: string): string {
    return this.attribute(name, 'string') ?? fallback;
  }

  /** A constant float32 input. */
  weight(index: number): { readonly dims: readonly number[]; readonly data: Float32Array } {
    const { dims, data } = this.constant(index);
    if (!(data instanceof Float32Array)) throw this.unsupported(`with whole numbers as input ${index + 1}`);
    return { dims, data };
  }

  /** A constant int64 input: a shape, axes, pads. */
  numbers(index: number): number[] {
    const { data } = this.constant(index);
    if (data instanceof Float32Array) throw this.unsupported(`with fractions as input ${index + 1}`);
    return Array.from(data, Number);
  }

  /** A constant input that becomes a tensor: whole numbers stay whole. */
  values(index: number): { readonly dims: readonly number[]; readonly data: Float32Array | Int32Array } {
    const { dims, data } = this.constant(index);
    return { dims, data: data instanceof Float32Array ? data : Int32Array.from(data, Number) };
  }

  isConstant(index: number): boolean {
    return this.initializers.has(this.node.inputs.at(index) ?? '');
  }

  /** The single value of a constant float32 input. */
  scalar(index: number, fallback: number): number {
    if (!this.has(index)) return fallback;
    const { data } = this.weight(index);
    if (data.length !== 1) throw this.unsupported(`with ${data.length} values as input ${index + 1}`);
    return data[0];
  }

  /** Creates a tensor that lives as long as the network. */
  hold<T extends TfTensor>(make: () => T): T {
    const tensor = this.tf.keep(this.tf.tidy(make));
    this.keep(tensor);
    return tensor;
  }

  /** @param detail follows the name of the operator: `with a computed input 2` */
  unsupported(detail: string): UnsupportedOperator {
    return new UnsupportedOperator(`${this.op} ${detail}`);
  }

  private constant(index: number): OnnxInitializer {
    const name = this.node.inputs.at(index);
    if (!name) throw this.unsupported(`without input ${index + 1}`);
    const constant = this.initializers.get(name);
    if (!constant) throw this.unsupported(`with a computed input ${index + 1}`);
    return constant;
  }

  private attribute<K extends keyof Attributes>(name: string, kind: K): Attributes[K] | undefined {
    const { attributes } = this.node;
    const attribute = Object.hasOwn(attributes, name) ? (attributes[name] as Partial<Attributes>) : undefined;
    if (attribute !== undefined && !(kind in attribute)) throw this.unsupported(`with ${name} of another type`);
    return attribute?.[kind];
  }
}
