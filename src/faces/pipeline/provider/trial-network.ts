import { seededRandom } from '../../../shared/statistics/random.js';
import { GraphBuilder } from '../../../models/convert/build.js';
import type { Tensor } from '../../../engine/engine.js';

/** A convolution of 29 million operations, where FaceNet's 132 take 21 million on the average. */
const CHANNELS = 32;
const SIDE = 40;
const KERNEL = 3;
const SEED = 1;

/** Numbers around 0 that are the same on every machine. */
function noise(length: number, amplitude: number): Float32Array {
  const random = seededRandom(SEED);
  return Float32Array.from({ length }, () => amplitude * (2 * random() - 1));
}

/** Enough convolutions to see that values are right and that a device is no GPU. */
export const FEW_LAYERS = 4;
/** Half of FaceNet's work, so that what a GPU loses on every operator and on every run weighs as it does there. */
export const MANY_LAYERS = 48;

/** Convolutions of FaceNet's kind to try a provider with. `input` and `output` are (1, 32, 40, 40). */
export function trialNetwork(layers: number): Uint8Array {
  const graph = new GraphBuilder('trial');
  const dims = [1, CHANNELS, SIDE, SIDE];
  const fanIn = CHANNELS * KERNEL ** 2;
  // Keeps the values of every layer about as large as those of the one before (He et al. 2015), uniform: a² / 3 = 2 / n.
  const amplitude = Math.sqrt(6 / fanIn);
  const weights = graph.weight('weights', [CHANNELS, CHANNELS, KERNEL, KERNEL], noise(CHANNELS * fanIn, amplitude));
  let x = graph.input('input', dims);
  for (let layer = 0; layer < layers; layer++) {
    const sum = graph.node('Conv', [x, weights], {
      kernel_shape: { ints: [KERNEL, KERNEL] },
      pads: { ints: [1, 1, 1, 1] },
    });
    x = graph.node('Relu', [sum]);
  }
  graph.output('output', x, dims);
  return graph.finish();
}

export function trialInput(): Tensor {
  return { data: noise(CHANNELS * SIDE ** 2, 1), dims: [1, CHANNELS, SIDE, SIDE] };
}
