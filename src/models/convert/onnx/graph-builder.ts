import { encodeOnnx, type OnnxAttribute, type OnnxInitializer, type OnnxNode, type OnnxValue } from './onnx.js';

/** Name of a value (an input, a weight or a node's output) in the graph being built. */
export type Ref = string;

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

  constructor(private readonly name: string) {}

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

  /**
   * PReLU on maps (N, C, H, W): x where positive, slope·x elsewhere, one slope a channel. Built as x + (1 − slope)·relu(−x)
   * with the factors as 1×1 depthwise convolutions, which ONNX Runtime 1.30 fuses with relu and sum and runs in the blocked
   * layout of its other convolutions. Its own PRelu kernel takes more than half the time of MTCNN and MobileFaceNet.
   * Differs from PRelu by rounding only.
   */
  prelu(x: Ref, slopes: ArrayLike<number>, name: string): Ref {
    const channels = slopes.length;
    const scaled = (input: Ref, factor: (c: number) => number, part: string) => {
      const factors = Float32Array.from({ length: channels }, (_, c) => factor(c));
      const weight = this.weight(`${name}/${part}`, [channels, 1, 1, 1], factors);
      return this.node('Conv', [input, weight], { group: { int: channels }, kernel_shape: { ints: [1, 1] } }, name);
    };
    const negative = this.node('Relu', [scaled(x, () => -1, 'negate')], {}, name);
    return this.node('Add', [scaled(negative, (c) => 1 - slopes[c], 'slopes'), x], {}, name);
  }

  /** Serialises the model. */
  finish(): Uint8Array {
    return encodeOnnx({
      name: this.name,
      inputs: this.inputs,
      outputs: this.outputs,
      nodes: this.nodes,
      initializers: this.initializers,
    });
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let suffix = 2; this.taken.has(name); suffix++) name = `${wanted}_${suffix}`;
    this.taken.add(name);
    return name;
  }
}
