import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { convertGraphDef } from '../../../../src/models/convert/tensorflow/convert.js';
import { convertOnet, convertRnet } from '../../../../src/models/convert/mtcnn/networks.js';
import { loadArcface } from '../../../../src/faces/embed/arcface.js';
import { installedWeightsDir } from '../../../../src/models/find-models.js';
import { KNOWN_CARDS } from '../../../../src/models/known-cards.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { referenceOnet, referenceRnet } from '../../../reference/mtcnn-networks.js';
import { ONET, randomLayers, randomNumbers, RNET, weightsFile } from '../../../helpers/mtcnn-weights.js';
import { largestDifference, readPhoto } from '../../../helpers/photo.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, hasWeights, needsShared, needsSharedAndWeights, sharedPath } from '../../../helpers/shared.js';
import { hasSoftwareVulkan, needsSoftwareVulkan, softwareVulkan } from '../../../helpers/software-vulkan.js';

const SIZE_PX = 160;
const FACENET = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings', inputSizePx: SIZE_PX };
/** float32 against a float64 reference: float16 anywhere would be a thousand times off. */
const TOLERANCE = 2e-5;

const webgpu = () => createOnnxRuntime({ threads: 2, provider: 'webgpu' });

describe.skipIf(!hasSoftwareVulkan)(`networks on webgpu${needsSoftwareVulkan}`, () => {
  // Native code reads the environment of the process, which is this one's: vitest runs a test file in a process.
  beforeAll(() => void Object.assign(process.env, softwareVulkan));

  it.skipIf(!hasShared)(`FaceNet's graph gives the embeddings of the float64 reference${needsShared}`, async () => {
    const graphs = (name: string) => readFileSync(sharedPath('golden', 'graphs', name));
    const session = await webgpu().load(convertGraphDef(graphs('tiny-fused.pb'), FACENET).onnx);
    const golden = JSON.parse(String(graphs('tiny-fused.json'))) as { embeddings: number[][] };
    const wave = (x: number, y: number, c: number) => Math.sin(0.05 * x + 0.11 * y + c);
    const data = Float32Array.from({ length: SIZE_PX ** 2 * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return wave(pixel % SIZE_PX, Math.floor(pixel / SIZE_PX), i % 3);
    });
    const { embeddings } = await session.run({ input: { data, dims: [1, SIZE_PX, SIZE_PX, 3] } });
    expect(largestDifference(embeddings.data, golden.embeddings[0])).toBeLessThan(TOLERANCE);
    await session.dispose();
  });

  it.skipIf(!hasShared || !hasWeights)(
    `MobileFaceNet gives the golden embeddings${needsSharedAndWeights}`,
    async () => {
      const card = KNOWN_CARDS.find(({ name }) => name === 'mobilefacenet')!;
      const path = join(installedWeightsDir()!, card.file);
      const network = await loadArcface(webgpu(), { card, path, cacheDir: sharedCacheDir });
      const { faces } = JSON.parse(readFileSync(sharedPath('golden', 'mobilefacenet.json'), 'utf8')) as {
        faces: { aligned: string; embedding: number[] }[];
      };
      for (const { aligned, embedding } of faces.slice(0, 1)) {
        const { data } = await readPhoto(sharedPath('golden', aligned));
        const [found] = await network.embed(Float32Array.from(data));
        expect(largestDifference(found, embedding)).toBeLessThan(1e-4);
      }
      await network.dispose();
    },
  );

  it.each([
    ['R-Net', convertRnet, RNET, 24, referenceRnet],
    ['O-Net', convertOnet, ONET, 48, referenceOnet],
  ] as const)('%s computes what the original computes', async (_, importNetwork, shapes, side, reference) => {
    const layers = randomLayers(shapes, 3);
    const random = randomNumbers(5);
    const planes = Float32Array.from({ length: 3 * side * side }, random);
    const values = new Float64Array(planes.length);
    planes.forEach((value, i) => {
      const [c, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
      values[(x * side + y) * 3 + c] = value;
    });
    const session = await webgpu().load(importNetwork(weightsFile(layers)));
    const outputs = await session.run({ image: { data: planes, dims: [1, 3, side, side] } });
    const expected = reference({ width: side, height: side, channels: 3, values }, layers);
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, wanted] of Object.entries(expected)) {
      expect(largestDifference(outputs[name].data, wanted as ArrayLike<number>)).toBeLessThan(TOLERANCE);
    }
    await session.dispose();
  });
});
