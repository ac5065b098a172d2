import { readFileSync } from 'node:fs';
import type { Tensor } from '../src/engine/engine.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { LivenessCheck } from '../src/faces/liveness/liveness.js';
import { LIVENESS_CARDS } from '../src/faces/liveness/networks.js';
import { decodeImage } from '../src/faces/image/decode.js';
import { withFastPrelu } from '../src/models/convert/onnx/fast-prelu.js';
import { PreluNetwork } from '../test/helpers/prelu-network.js';
import { hasShared, sharedPath } from '../test/helpers/shared.js';
import { report, sideBySide } from './support/harness.js';
import { recordingEngine } from './support/recording.js';
import { oneFaceFrame } from './support/setting.js';

/**
 * ONNX Runtime's PRelu kernel on one thread. First without any model file: four blocks of MobileFaceNet (1×1 convolution,
 * PRelu, 3×3 depthwise convolution, PRelu, 1×1 convolution) with random weights on random 28×28 maps: as they are, with PRelu
 * rewritten, and with relu instead, which computes something else and shows the least that is possible. Again with 103
 * channels instead of 128, as in MiniFASNet. Then, with ../shared, the liveness networks on the crops of a face.
 *
 * Ratios are of the shortest runs.
 *
 *   npx tsx bench/prelu.ts
 */
const SIDE = 28;
const NARROW = 64;
const [REGULAR, ODD] = [128, 103];
const engine = createOnnxRuntime({ threads: 1 });

function blocks(channels: number, activation: 'PRelu' | 'Relu'): Uint8Array {
  const network = new PreluNetwork(1);
  const activate = (x: string) =>
    activation === 'Relu' ? network.node('Relu', [x]) : network.prelu(x, [channels, 1, 1]);
  let x = 'x';
  for (let block = 0; block < 4; block++) {
    const wide = activate(network.conv(x, NARROW, channels));
    x = network.conv(activate(network.depthwise(wide, channels)), channels, NARROW);
  }
  network.output(x);
  return network.finish(NARROW, SIDE, SIDE);
}

async function candidate(name: string, model: Uint8Array, dims: readonly number[], data: Float32Array) {
  const session = await engine.load(model);
  return {
    name,
    run: () => session.run({ [session.inputs[0]]: { data, dims } }),
  };
}

function block(name: string, model: Uint8Array) {
  const data = Float32Array.from({ length: NARROW * SIDE * SIDE }, () => Math.random() * 2 - 1);
  return candidate(name, model, [1, NARROW, SIDE, SIDE], data);
}

/** Each liveness network as it is and rewritten. */
async function livenessNetworks() {
  const recording = recordingEngine(engine);
  const dir = sharedPath('models', 'liveness');
  const check = await LivenessCheck.load(recording, { dir, threshold: 0.5 }, '.cache');
  const image = await decodeImage(await oneFaceFrame(), { maxPixels: 1e7 });
  // The face of `oneFaceFrame`, as MTCNN finds it.
  const runs = await recording.record(() => check.score(image, { x: 318, y: 23, width: 57, height: 75 }));
  const pairs = Object.entries(LIVENESS_CARDS).map(([file, { side }], i) => {
    const model = readFileSync(sharedPath('models', 'liveness', file));
    const sameSide = Object.values(LIVENESS_CARDS)
      .slice(0, i)
      .filter((card) => card.side === side).length;
    const [{ data, dims }] = runs
      .flatMap(({ feeds }) => Object.values(feeds) as Tensor[])
      .filter((feed) => feed.dims[2] === side)
      .slice(sameSide);
    return [candidate(file, model, dims, data), candidate(`${file}, rewritten`, withFastPrelu(model), dims, data)];
  });
  return Promise.all(pairs.flat());
}

const candidates = await Promise.all([
  block(`${REGULAR} channels, PRelu`, blocks(REGULAR, 'PRelu')),
  block(`${REGULAR} channels, rewritten`, withFastPrelu(blocks(REGULAR, 'PRelu'))),
  block(`${REGULAR} channels, relu`, blocks(REGULAR, 'Relu')),
  block(`${ODD} channels, PRelu`, blocks(ODD, 'PRelu')),
  block(`${ODD} channels, rewritten`, withFastPrelu(blocks(ODD, 'PRelu'))),
]);
const timings = await sideBySide(hasShared ? [...candidates, ...(await livenessNetworks())] : candidates, {
  rounds: 200,
  warmUp: 20,
});
const [original, rewritten, , oddOriginal, oddRewritten] = timings.map(({ shortest }) => shortest);
report('prelu', timings, { ratio: original / rewritten, ratioOdd: oddOriginal / oddRewritten });
