import type { GraphBuilder, Ref } from '../../build.js';
import type { MtcnnWeights } from './weights.js';

/**
 * The layers of the three networks, NCHW. The originals were trained on transposed pictures (Caffe fed by MATLAB), and
 * `detect_face.py` transposes every picture and every output map. Here the weights are transposed once instead: kernels
 * swap height and width, and the rows of a layer that reads a flattened map are put in the order (channel, y, x).
 */
export class MtcnnLayers {
  constructor(
    private readonly graph: GraphBuilder,
    private readonly weights: MtcnnWeights,
  ) {}

  /** Valid convolution, stride 1, square kernel; (N, from, H, W) -> (N, to, H - kernel + 1, W - kernel + 1). */
  conv(input: Ref, layer: string, kernel: number, from: number, to: number): Ref {
    const saved = this.weights.read(layer, 'weights', [kernel, kernel, from, to]);
    const weights = new Float32Array(saved.length);
    for (let x = 0, at = 0; x < kernel; x++) {
      for (let y = 0; y < kernel; y++) {
        for (let c = 0; c < from; c++) {
          for (let o = 0; o < to; o++, at++) weights[((o * from + c) * kernel + y) * kernel + x] = saved[at];
        }
      }
    }
    return this.graph.node(
      'Conv',
      [input, this.graph.weight(`${layer}/weights`, [to, from, kernel, kernel], weights), this.biases(layer, to)],
      { kernel_shape: { ints: [kernel, kernel] } },
      layer,
    );
  }

  /** x where positive, alpha·x elsewhere, one alpha a channel. `axes` is how many axes follow the channel. */
  prelu(input: Ref, layer: string, channels: number, axes: 0 | 2): Ref {
    const alpha = this.weights.read(layer, 'alpha', [channels]);
    const dims = [channels, ...Array<number>(axes).fill(1)];
    return this.graph.node('PRelu', [input, this.graph.weight(`${layer}/alpha`, dims, alpha)], {}, layer);
  }

  /** Maximum over square windows, stride 2. `same` lets the last window stick out, as TensorFlow's SAME does here. */
  maxPool(input: Ref, name: string, window: number, padding: 'same' | 'valid'): Ref {
    const attributes = {
      kernel_shape: { ints: [window, window] },
      strides: { ints: [2, 2] },
      ceil_mode: { int: padding === 'same' ? 1 : 0 },
    };
    return this.graph.node('MaxPool', [input], attributes, name);
  }

  /** Reads a whole map: (N, channels, side, side) -> (N, to). */
  denseOverMap(input: Ref, layer: string, channels: number, side: number, to: number): Ref {
    const saved = this.weights.read(layer, 'weights', [side * side * channels, to]);
    const weights = new Float32Array(saved.length);
    for (let x = 0, at = 0; x < side; x++) {
      for (let y = 0; y < side; y++) {
        for (let c = 0; c < channels; c++, at += to) {
          weights.set(saved.subarray(at, at + to), ((c * side + y) * side + x) * to);
        }
      }
    }
    const flat = this.graph.node('Flatten', [input], { axis: { int: 1 } }, `${layer}/flatten`);
    return this.gemm(flat, layer, weights, side * side * channels, to);
  }

  /** (N, from) -> (N, to). */
  dense(input: Ref, layer: string, from: number, to: number): Ref {
    return this.gemm(input, layer, this.weights.read(layer, 'weights', [from, to]), from, to);
  }

  /** Softmax over the classes (not a face, face) along axis 1, of which the face is kept. */
  faceProbability(logits: Ref, name: string): Ref {
    const softmax = this.graph.node('Softmax', [logits], { axis: { int: 1 } }, `${name}/softmax`);
    const range = [this.graph.ints(`${name}/from`, [1]), this.graph.ints(`${name}/to`, [2])];
    return this.graph.node('Slice', [softmax, ...range, this.graph.ints(`${name}/axis`, [1])], {}, name);
  }

  private gemm(input: Ref, layer: string, weights: Float32Array, from: number, to: number): Ref {
    const kernel = this.graph.weight(`${layer}/weights`, [from, to], weights);
    return this.graph.node('Gemm', [input, kernel, this.biases(layer, to)], {}, layer);
  }

  private biases(layer: string, count: number): Ref {
    return this.graph.weight(`${layer}/biases`, [count], this.weights.read(layer, 'biases', [count]));
  }
}
