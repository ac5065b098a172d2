import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../../../src/engine/engine.js';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import { withFastPrelu } from '../../../../../src/models/convert/onnx/fast-prelu.js';
import { decodeOnnx } from '../../../../../src/models/convert/onnx/onnx-reader.js';
import { runnableOnnx } from '../../../../../src/models/convert/runnable-onnx.js';
import { randomNumbers } from '../../../../helpers/mtcnn-weights.js';
import { PreluNetwork } from '../../../../helpers/prelu-network.js';
import { hasShared, needsShared, sharedPath } from '../../../../helpers/shared.js';

const engine = createOnnxRuntime({ threads: 1 });

async function run(model: Uint8Array, dims: readonly number[], data: Float32Array): Promise<Float32Array[]> {
  const session = await engine.load(model);
  const results = await session.run({ [session.inputs[0]]: { data, dims } });
  await session.dispose();
  return session.outputs.map((name) => results[name].data);
}

/** Largest difference of two results, as a share of the largest value. */
function relativeDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
  const shares = a.map((values, i) => {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.reduce((most, value, k) => Math.max(most, Math.abs(value - b[i][k])), 0) / largest;
  });
  return Math.max(...shares);
}

/** Layers as in MTCNN, MobileFaceNet and MiniFASNet with random channels: some in whole blocks, most not. */
function randomNetwork(seed: number): Uint8Array {
  const network = new PreluNetwork(seed);
  const random = randomNumbers(seed + 1000);
  const below = (limit: number) => Math.floor(((random() + 1) / 2) * limit);
  let [x, channels] = ['x', 3];
  for (let block = 0; block < 4; block++) {
    const wide = 1 + below(40);
    let map = network.conv(x, channels, wide, [1, 3][below(2)]);
    if (below(3) === 0) map = batchNormalised(network, map, wide);
    map = network.prelu(map, [[wide, 1, 1], [1, wide, 1, 1], [1]][below(3)]);
    if (below(2) === 0) map = network.prelu(network.depthwise(map, wide), [wide, 1, 1]);
    if (below(4) === 0) map = network.node('Add', [map, network.depthwise(map, wide)]);
    if (below(4) === 0) map = network.node('Mul', [map, network.node('GlobalAveragePool', [map])]);
    if (below(4) === 0)
      map = network.node('MaxPool', [map], { kernel_shape: { ints: [2, 2] }, pads: { ints: [0, 0, 1, 1] } });
    if (below(4) === 0) network.output(map);
    [x, channels] = [map, wide];
  }
  network.output(network.conv(x, channels, 5));
  network.output(network.prelu(network.node('Flatten', [x]), [channels * 63]));
  return network.finish(3);
}

function batchNormalised(network: PreluNetwork, x: string, channels: number): string {
  const [scale, shift, mean] = [0, 1, 2].map(() => network.weight([channels]));
  return network.node('BatchNormalization', [
    ...[x, scale, shift, mean],
    network.weight([channels], Array<number>(channels).fill(0.5)),
  ]);
}

describe('a network with its PRelu rewritten', () => {
  it('computes x where positive and slope·x elsewhere', async () => {
    const slopes = [0.25, -0.5, 0, 1, 1.75];
    const network = new PreluNetwork(1);
    const identity = network.weight(
      [5, 5, 1, 1],
      Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0)),
    );
    network.output(network.prelu(network.node('Conv', ['x', identity]), [5, 1, 1], slopes));
    const data = Float32Array.from({ length: 5 * 63 }, randomNumbers(2));
    data.set([0, -0, 1e30, -1e30, 1e-30, -1e-30]);
    const fast = withFastPrelu(network.finish(5));
    const [found] = await run(fast, [1, 5, 9, 7], data);
    data.forEach((value, i) => {
      const expected = value > 0 ? value : slopes[Math.floor(i / 63)] * value;
      // Positive values and zero are exact. 1 - slope, its product and the sum each round once, on a scale of (2 + |slope|)·|x|.
      const bound = value > 0 ? 0 : 3 * 2 ** -24 * 3.75 * Math.abs(value);
      expect(Math.abs(found[i] - expected), `${value}`).toBeLessThanOrEqual(bound);
    });
  });

  it.each(Array.from({ length: 24 }, (_, seed) => seed))(
    'gives what it gave before, random network %i',
    async (seed) => {
      const model = randomNetwork(seed);
      const fast = withFastPrelu(model);
      expect(fast).not.toBe(model);
      const data = Float32Array.from({ length: 3 * 63 }, randomNumbers(seed));
      const dims = [1, 3, 9, 7];
      expect(relativeDifference(await run(model, dims, data), await run(fast, dims, data))).toBeLessThan(2e-6);
    },
  );

  it.skipIf(!hasShared).each([
    // Logits, of which the score is the mean: measured 9.5e-7, 1.1e-6 and 2.9e-6 apart in absolute terms.
    ['liveness/MiniFASNetV2.onnx', 80, 1],
    ['liveness/MiniFASNetV1SE.onnx', 80, 1],
    ['liveness/minifasnet-v2se-facenox.onnx', 128, 1 / 255],
    ['faceplugin/fr_feature.onnx', 112, 1 / 128],
  ])(`gives what it gave before, %s${needsShared}`, async (file, side, scale) => {
    const model = readFileSync(sharedPath('models', ...file.split('/')));
    const random = randomNumbers(3);
    const data = Float32Array.from({ length: 3 * side * side }, () => (random() + 1) * 127.5 * scale);
    const dims = [1, 3, side, side];
    const fast = withFastPrelu(model);
    expect(decodeOnnx(fast, 9).nodes.filter(({ op }) => op === 'PRelu')).toEqual([]);
    expect(relativeDifference(await run(model, dims, data), await run(fast, dims, data))).toBeLessThan(2e-6);
  });
});

describe('runnableOnnx', () => {
  it('stores a rewritten copy for ONNX Runtime on the CPU; other engines get the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rostro-prelu-'));
    try {
      const path = join(folder, 'network.onnx');
      const cacheDir = join(folder, 'cache');
      await writeFile(path, randomNetwork(1));
      const other = (name: string, provider: string): Engine => ({ ...engine, name, provider });
      expect(await runnableOnnx(other('tensorflow.js', 'wasm'), path, cacheDir)).toBe(path);
      expect(await runnableOnnx(other('onnxruntime', 'webgpu'), path, cacheDir)).toBe(path);
      const copy = await runnableOnnx(engine, path, cacheDir);
      expect(readFileSync(copy)).toEqual(Buffer.from(withFastPrelu(readFileSync(path))));
      const plain = new PreluNetwork(1);
      plain.output(plain.conv('x', 3, 4));
      await writeFile(path, plain.finish(3));
      expect(await runnableOnnx(engine, path, cacheDir)).toBe(path);
      expect(await readdir(cacheDir)).toHaveLength(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
