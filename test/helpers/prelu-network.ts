import {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxInitializer,
  type OnnxNode,
} from '../../src/models/convert/onnx/onnx.js';
import { randomNumbers } from './mtcnn-weights.js';

/** Writes small networks with PRelu as other programs do, node by node. Weights are random, -1..1. */
export class PreluNetwork {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxInitializer[] = [];
  private readonly random: () => number;
  private readonly outputs: string[] = [];

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  weight(dims: readonly number[], data?: readonly number[]): string {
    const name = `w${this.initializers.length}`;
    const length = dims.reduce((product, size) => product * size, 1);
    const values = data === undefined ? Float32Array.from({ length }, this.random) : Float32Array.from(data);
    this.initializers.push({ name, dims, data: values });
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    const output = `${op}_${this.nodes.length}`;
    this.nodes.push({ op, name: `node/${output}`, inputs, outputs: [output], attributes });
    return output;
  }

  /** Keeps the size with an odd kernel; `group` equal to both channels is a depthwise convolution. */
  conv(x: string, from: number, to: number, kernel = 1, group = 1): string {
    const pad = (kernel - 1) / 2;
    return this.node('Conv', [x, this.weight([to, from / group, kernel, kernel]), this.weight([to])], {
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: [pad, pad, pad, pad] },
      group: { int: group },
    });
  }

  depthwise(x: string, channels: number): string {
    return this.conv(x, channels, channels, 3, channels);
  }

  prelu(x: string, dims: readonly number[], slopes?: readonly number[]): string {
    return this.node('PRelu', [x, this.weight(dims, slopes)]);
  }

  output(value: string): void {
    this.outputs.push(value);
  }

  /** @param channels of the input "x": [1, channels, height, width] */
  finish(channels: number, height = 9, width = 7): Uint8Array {
    return encodeOnnx({
      name: 'test',
      inputs: [{ name: 'x', dims: [1, channels, height, width] }],
      outputs: this.outputs.map((name) => ({ name, dims: ['a', 'b', 'c', 'd'] })),
      nodes: this.nodes,
      initializers: this.initializers,
    });
  }
}
