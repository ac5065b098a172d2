import { ATTRIBUTE_TYPE, FLOAT, modelProto, openMessage } from './onnx.js';

/** Numbers of 64 bits are objects of the package `long` where it is installed. */
type Integer = number | { toNumber(): number };

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly i?: Integer;
  readonly ints?: readonly Integer[];
}

interface Tensor {
  readonly name: string;
  readonly dims: readonly Integer[];
  readonly data_type: number;
  readonly raw_data: Uint8Array;
  /** 1: the values are in another file. */
  readonly data_location?: number;
}

/** A node of the message; other fields are kept. */
export interface EditedNode {
  readonly name: string;
  readonly op_type: string;
  readonly domain?: string;
  readonly attribute: readonly Attribute[];
  input: string[];
  output: string[];
}

export interface Weight {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

interface Model {
  ir_version: Integer;
  readonly graph: {
    node: EditedNode[];
    initializer: Tensor[];
    input: { readonly name: string }[];
    readonly output: readonly { readonly name: string }[];
  } | null;
}

/** IR version since which weights need not be inputs as well. Inputs are not constant for ONNX Runtime. */
const WEIGHTS_APART = 4;
/** `GRAPH` and `GRAPHS` of `AttributeProto.AttributeType`: bodies of `If` and `Loop`, which read values from outside. */
const SUBGRAPHS: readonly number[] = [5, 10];

/**
 * Changes nodes and weights of an ONNX model of any program and opset and keeps everything else, whether this project knows
 * it or not.
 */
export class GraphEditor {
  private readonly tensors: Map<string, Tensor>;
  private readonly weights = new Map<string, Weight>();
  /** Names of added weights by their key. */
  private readonly added = new Map<string, string>();
  private readonly makers = new Map<string, EditedNode>();
  private readonly readers = new Map<string, EditedNode[]>();
  private readonly taken: Set<string>;
  /** Values that the caller feeds or reads. */
  private readonly outside: Set<string>;

  private constructor(
    private readonly model: Model,
    private readonly graph: NonNullable<Model['graph']>,
  ) {
    this.tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.outside = new Set([...graph.input, ...graph.output].map(({ name }) => name));
    this.taken = new Set([...this.outside, ...this.tensors.keys()]);
    for (const node of graph.node) {
      for (const name of node.output) {
        this.makers.set(name, node);
        this.taken.add(name);
      }
      for (const name of node.input) this.readersOf(name).push(node);
    }
  }

  /** @returns null for what is no ONNX model, for models with conditions or loops, and for weights in another file */
  static open(onnx: Uint8Array): GraphEditor | null {
    try {
      const model = openMessage(onnx) as unknown as Model;
      const { graph } = model;
      if (graph === null) return null;
      const hasBodies = graph.node.some(({ attribute }) => attribute.some(({ type }) => SUBGRAPHS.includes(type)));
      const isSplit = graph.initializer.some(({ data_location }) => data_location === 1);
      return hasBodies || isSplit ? null : new GraphEditor(model, graph);
    } catch {
      return null;
    }
  }

  get nodes(): readonly EditedNode[] {
    return this.graph.node;
  }

  /** The node that computes a value; undefined for inputs and weights. */
  makerOf(value: string): EditedNode | undefined {
    return this.makers.get(value);
  }

  readersOf(value: string): EditedNode[] {
    const readers = this.readers.get(value) ?? [];
    this.readers.set(value, readers);
    return readers;
  }

  /** Whether the caller of the network feeds or reads the value. */
  isOutside(value: string): boolean {
    return this.outside.has(value);
  }

  /** A constant float32 tensor; null for anything else. */
  weight(name: string | undefined): Weight | null {
    const tensor = this.tensors.get(name ?? '');
    if (tensor?.data_type !== FLOAT) return null;
    const known = this.weights.get(tensor.name);
    if (known !== undefined) return known;
    const dims = tensor.dims.map(Number);
    const { raw_data } = tensor;
    if (raw_data.length === 0 || raw_data.length !== 4 * dims.reduce((product, size) => product * size, 1)) return null;
    const weight = { dims, values: new Float32Array(new Uint8Array(raw_data).buffer) };
    this.weights.set(tensor.name, weight);
    return weight;
  }

  /**
   * Adds a weight, once for each `key`.
   * @param key what the values follow from; begins its name
   * @returns its name
   */
  addWeight(key: string, make: () => Weight): string {
    const added = this.added.get(key);
    if (added !== undefined) return added;
    const weight = make();
    const name = this.freeName(key);
    this.added.set(key, name);
    const raw_data = new Uint8Array(weight.values.buffer, weight.values.byteOffset, weight.values.byteLength);
    this.tensors.set(name, { name, dims: weight.dims, data_type: FLOAT, raw_data });
    this.weights.set(name, weight);
    return name;
  }

  freeName(wanted: string): string {
    let name = wanted;
    for (let suffix = 2; this.taken.has(name); suffix++) name = `${wanted}_${suffix}`;
    this.taken.add(name);
    return name;
  }

  /** Replaces nodes, in place, by the nodes that `replacement` returns for them. */
  replaceNodes(replacement: (node: EditedNode) => readonly EditedNode[]): void {
    this.graph.node = this.graph.node.flatMap(replacement);
  }

  /** Gives an input another name, type and shape; a string names a dynamic dimension. */
  replaceInput(
    old: string,
    { name, type, dims }: { readonly name: string; readonly type: number; readonly dims: readonly (number | string)[] },
  ): void {
    const dim = dims.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size }));
    const input = { name, type: { tensor_type: { elem_type: type, shape: { dim } } } };
    this.graph.input = this.graph.input.map((each) => (each.name === old ? input : each));
    this.outside.add(name);
    this.taken.add(name);
  }

  /** Serialises the model without weights that nothing reads. */
  finish(): Uint8Array {
    const read = new Set(this.graph.node.flatMap(({ input }) => input));
    const { graph, model } = this;
    graph.initializer = [...this.tensors.values()].filter(({ name }) => read.has(name) || this.isOutput(name));
    graph.input = graph.input.filter(({ name }) => !this.tensors.has(name));
    model.ir_version = Math.max(Number(model.ir_version), WEIGHTS_APART);
    return modelProto().encode(model).finish();
  }

  private isOutput(value: string): boolean {
    return this.graph.output.some(({ name }) => name === value);
  }
}

/** Whether a node's operator is one of the ONNX standard. */
export function isStandard({ domain }: EditedNode): boolean {
  return domain === undefined || domain === '' || domain === 'ai.onnx';
}

export function intOf({ attribute }: EditedNode, name: string, absent: number): number {
  const found = attribute.find((each) => each.name === name);
  return found?.i === undefined ? absent : Number(found.i);
}

export function intAttribute(name: string, i: number): Attribute {
  return { name, i, type: ATTRIBUTE_TYPE.int };
}

export function intsAttribute(name: string, ints: readonly number[]): Attribute {
  return { name, ints, type: ATTRIBUTE_TYPE.ints };
}
