import { withFastPrelu } from './fast-prelu.js';
import { encodeOnnx, type OnnxAttribute, type OnnxInitializer, type OnnxNode, type OnnxValue } from './onnx.js';

/** Name of a value (an input, a weight or a node's output) in the graph being built. */
export type Ref = string;

/** Written for ONNX Runtime's CPU kernels, or layer by layer as its authors published it: what benches compare with. */
export type NetworkForm = 'fast' | 'published';

/**
 * Builds an ONNX graph node by node. Activations are NCHW float32, as ONNX operators expect them. Each method appends
 * one node and returns the name of its output.
 */
export class GraphBuilder {
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxInitializer[] = [];
  private readonly taken = new Set<string>();

  constructor(
    private readonly name: string,
    readonly form: NetworkForm = 'fast',
  ) {}

  /** @param dims a string names a dynamic dimension, for example `['N', 160, 160, 3]` */
  input(name: string, dims: readonly (number | string)[]): Ref {
    this.inputs.push({ name: this.unique(name), dims });
    return name;
  }

  output(name: string, value: Ref, dims: readonly (number | string)[]): void {
    this.nodes.push({
      op: 'Identity',
      name: `${name}/out`,
      inputs: [value],
      outputs: [this.unique(name)],
      attributes: {},
    });
    this.outputs.push({ name, dims });
  }

  weight(name: string, dims: readonly number[], data: Float32Array): Ref {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (size !== data.length)
      throw new Error(`weight "${name}": ${data.length} values do not fill [${dims.join(', ')}]`);
    const ref = this.unique(name);
    this.initializers.push({ name: ref, dims, data });
    return ref;
  }

  /** Adds an int64 vector: the form of shapes, axes and pads since opset 13. */
  ints(name: string, values: readonly number[]): Ref {
    const ref = this.unique(name);
    this.initializers.push({ name: ref, dims: [values.length], data: BigInt64Array.from(values, BigInt) });
    return ref;
  }

  node(op: string, inputs: readonly Ref[], attributes: Readonly<Record<string, OnnxAttribute>> = {}, name = op): Ref {
    const [output] = this.nodeWithOutputs(op, inputs, 1, attributes, name);
    return output;
  }

  nodeWithOutputs(
    op: string,
    inputs: readonly Ref[],
    outputCount: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    name = op,
  ): Ref[] {
    const outputs = Array.from({ length: outputCount }, () => this.unique(name));
    this.nodes.push({ op, name: outputs[0], inputs, outputs, attributes });
    return outputs;
  }

  /** PReLU: x where positive, slope·x elsewhere, one slope a channel. @param rank dimensions of x, 4 for maps (N, C, H, W) */
  prelu(x: Ref, slopes: ArrayLike<number>, rank: number, name: string): Ref {
    const dims = rank === 4 ? [slopes.length, 1, 1] : [slopes.length];
    return this.node('PRelu', [x, this.weight(`${name}/slopes`, dims, Float32Array.from(slopes))], {}, name);
  }

  finish(): Uint8Array {
    const { name, inputs, outputs, nodes, initializers } = this;
    const onnx = encodeOnnx({ name, inputs, outputs, nodes, initializers });
    return this.form === 'fast' ? withFastPrelu(onnx) : onnx;
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let suffix = 2; this.taken.has(name); suffix++) name = `${wanted}_${suffix}`;
    this.taken.add(name);
    return name;
  }
}
