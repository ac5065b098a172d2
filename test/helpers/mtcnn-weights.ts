import { dict, floatArray, objectNpy, unicode } from './pickle-writer.js';
import type { Layers } from '../reference/mtcnn-networks.js';

type Shapes = Readonly<Record<string, Readonly<Record<string, number[]>>>>;

const conv = (kernel: number, from: number, to: number): Record<string, number[]> => ({
  weights: [kernel, kernel, from, to],
  biases: [to],
});
const dense = (from: number, to: number): Record<string, number[]> => ({ weights: [from, to], biases: [to] });
const alpha = (channels: number): Record<string, number[]> => ({ alpha: [channels] });

/** Shapes of every parameter; detect_face.py, `PNet`, `RNet`, `ONet`. */
export const PNET: Shapes = {
  conv1: conv(3, 3, 10),
  PReLU1: alpha(10),
  conv2: conv(3, 10, 16),
  PReLU2: alpha(16),
  conv3: conv(3, 16, 32),
  PReLU3: alpha(32),
  'conv4-1': conv(1, 32, 2),
  'conv4-2': conv(1, 32, 4),
};
export const RNET: Shapes = {
  conv1: conv(3, 3, 28),
  prelu1: alpha(28),
  conv2: conv(3, 28, 48),
  prelu2: alpha(48),
  conv3: conv(2, 48, 64),
  prelu3: alpha(64),
  conv4: dense(576, 128),
  prelu4: alpha(128),
  'conv5-1': dense(128, 2),
  'conv5-2': dense(128, 4),
};
export const ONET: Shapes = {
  conv1: conv(3, 3, 32),
  prelu1: alpha(32),
  conv2: conv(3, 32, 64),
  prelu2: alpha(64),
  conv3: conv(3, 64, 64),
  prelu3: alpha(64),
  conv4: conv(2, 64, 128),
  prelu4: alpha(128),
  conv5: dense(1152, 256),
  prelu5: alpha(256),
  'conv6-1': dense(256, 2),
  'conv6-2': dense(256, 4),
  'conv6-3': dense(256, 10),
};

/** Deterministic numbers between -1 and 1 (a linear congruential generator). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  };
}

/** Random values, scaled so that activations keep their size from layer to layer. */
export function randomLayers(shapes: Shapes, seed: number): Layers {
  const random = randomNumbers(seed);
  const fill = (shape: number[]): { shape: number[]; values: Float32Array } => {
    const inputs = shape.length > 1 ? shape.slice(0, -1).reduce((product, size) => product * size, 1) : 4;
    const size = shape.reduce((product, length) => product * length, 1);
    return { shape, values: Float32Array.from({ length: size }, () => random() * Math.sqrt(3 / inputs)) };
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([layer, parameters]) => [
      layer,
      Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [name, fill(shape)])),
    ]),
  );
}

/** The weights as an npy file in the form of `det1.npy`. */
export function weightsFile(layers: Layers): Uint8Array {
  const layer = (parameters: Layers[string]): Buffer =>
    dict(
      ...Object.entries(parameters).map(([name, { shape, values }]): [Buffer, Buffer] => [
        unicode(name),
        floatArray(shape, values),
      ]),
    );
  return objectNpy(
    dict(...Object.entries(layers).map(([name, parameters]): [Buffer, Buffer] => [unicode(name), layer(parameters)])),
  );
}
