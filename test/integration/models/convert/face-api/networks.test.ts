import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  readWeights,
  type NamedTensor,
  type WeightMap,
} from '../../../../../src/models/convert/face-api/weights-manifest.js';
import { convertAgeGender, convertExpression } from '../../../../../src/models/convert/face-api/attributes.js';
import { convertDescriptor } from '../../../../../src/models/convert/face-api/descriptor.js';
import { convertLandmarks68 } from '../../../../../src/models/convert/face-api/landmarks68.js';
import { convertSsd } from '../../../../../src/models/convert/face-api/ssd.js';
import { createOnnxRuntime } from '../../../../../src/engine/onnxruntime.js';
import type { RgbImage } from '../../../../../src/faces/image/image.js';
import { faceApiModelDir, loadFaceApi, type FaceApi, type Tf } from '../../../../helpers/face-api.js';
import { largestDifference, readPhoto } from '../../../../helpers/photo.js';
import { samplePhoto } from '../../../../helpers/shared.js';

function weightsOf(model: string): WeightMap {
  const manifest = readFileSync(join(faceApiModelDir, `${model}-weights_manifest.json`));
  return readWeights(manifest, [readFileSync(join(faceApiModelDir, `${model}.bin`))]);
}

/** HWC bytes -> CHW floats. */
function toPlanes({ data, width, height }: RgbImage): Float32Array {
  const pixels = width * height;
  return Float32Array.from({ length: 3 * pixels }, (_, i) => data[(i % pixels) * 3 + Math.floor(i / pixels)]);
}

async function runOurs(model: Uint8Array, images: RgbImage[]): Promise<Record<string, Float32Array>> {
  const session = await createOnnxRuntime({ threads: 2 }).load(model);
  const planes = images.map(toPlanes);
  const data = new Float32Array(planes.length * planes[0].length);
  planes.forEach((plane, i) => {
    data.set(plane, i * plane.length);
  });
  const { width, height } = images[0];
  const outputs = await session.run({ pixels: { data, dims: [images.length, 3, height, width] } });
  await session.dispose();
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data]));
}

describe('face-api networks beside face-api itself, on the same tensor', () => {
  let faceApi: FaceApi;
  let tf: Tf;
  beforeAll(async () => {
    ({ faceApi, tf } = await loadFaceApi());
  });

  const netInput = ({ data, width, height }: RgbImage) =>
    faceApi.toNetInput(tf.tensor3d(new Int32Array(data), [height, width, 3], 'int32'));
  const photosOfSide = (side: number) =>
    Promise.all(([1, 4] as const).map((n) => readPhoto(samplePhoto(n), { width: side, height: side })));

  it('SSD: boxes and scores of all 5118 priors', async () => {
    const [image] = await photosOfSide(512);
    const theirs = faceApi.nets.ssdMobilenetv1.forwardInput(await netInput(image));
    const ours = await runOurs(convertSsd(weightsOf('ssd_mobilenetv1_model')), [image]);
    // Fractions of the square: 1e-4 is a twentieth of a pixel of the input.
    expect(largestDifference(ours.boxes, theirs.boxes[0].dataSync())).toBeLessThan(1e-4);
    expect(largestDifference(ours.scores, theirs.scores[0].dataSync())).toBeLessThan(1e-4);
  });

  it('68 landmarks: a batch of two', async () => {
    const images = await photosOfSide(112);
    const ours = await runOurs(convertLandmarks68(weightsOf('face_landmark_68_model')), images);
    for (const [i, image] of images.entries()) {
      const theirs = faceApi.nets.faceLandmark68Net.runNet(await netInput(image)).dataSync();
      expect(largestDifference(ours.points.subarray(i * 136, (i + 1) * 136), theirs)).toBeLessThan(1e-5);
    }
  });

  it('128-value descriptor: a batch of two', async () => {
    const images = await photosOfSide(150);
    const ours = await runOurs(convertDescriptor(weightsOf('face_recognition_model')), images);
    for (const [i, image] of images.entries()) {
      const theirs = faceApi.nets.faceRecognitionNet.forwardInput(await netInput(image)).dataSync();
      expect(largestDifference(ours.descriptors.subarray(i * 128, (i + 1) * 128), theirs)).toBeLessThan(1e-5);
    }
  });

  it('expressions, age and gender: a batch of two', async () => {
    const images = await photosOfSide(112);
    const { expressions } = await runOurs(convertExpression(weightsOf('face_expression_model')), images);
    const { ageGender } = await runOurs(convertAgeGender(weightsOf('age_gender_model')), images);
    for (const [i, image] of images.entries()) {
      const expected = faceApi.nets.faceExpressionNet.forwardInput(await netInput(image)).dataSync();
      expect(largestDifference(expressions.subarray(i * 7, (i + 1) * 7), expected)).toBeLessThan(1e-5);
      const { age, gender } = faceApi.nets.ageGenderNet.forwardInput(await netInput(image));
      const [years, ...genders] = ageGender.subarray(i * 3, (i + 1) * 3);
      expect(Math.abs(years - age.dataSync()[0])).toBeLessThan(1e-3);
      expect(largestDifference(genders, gender.dataSync())).toBeLessThan(1e-5);
    }
  });
});

describe('face-api weights that do not fit', () => {
  const importers = [
    ['ssd_mobilenetv1_model', convertSsd],
    ['face_landmark_68_model', convertLandmarks68],
    ['face_recognition_model', convertDescriptor],
    ['face_expression_model', convertExpression],
    ['age_gender_model', convertAgeGender],
  ] as const;
  /** Constants of the TensorFlow graph that its weights were taken from; no network of face-api reads them. */
  const unused = /^(Preprocessor|Postprocessor|concat_1|Prediction\/BoxPredictor_\d\/(stack|strided_slice))/;
  const refusalWith = (importer: (weights: WeightMap) => Uint8Array, weights: Map<string, NamedTensor>) => () =>
    importer(weights);

  it.each(importers)('%s: the first, middle and last tensor are named when missing or misshapen', (model, importer) => {
    const weights = weightsOf(model);
    const needed = [...weights.keys()].filter((name) => !unused.test(name));
    for (const name of [needed[0], needed[Math.floor(needed.length / 2)], needed[needed.length - 1]]) {
      const without = new Map(weights);
      without.delete(name);
      expect(refusalWith(importer, without)).toThrow(
        expect.objectContaining({ code: 'bad_model_file', message: `the weights lack the tensor "${name}"` }),
      );

      const { dims } = weights.get(name)!;
      const misshapen = new Map(weights).set(name, { dims: [9], data: new Float32Array(9) });
      expect(refusalWith(importer, misshapen)).toThrow(
        expect.objectContaining({
          code: 'bad_model_file',
          message: `the tensor "${name}" has the shape [9] where the network needs [${dims.join(', ')}]`,
        }),
      );
    }
  });

  it('names the first tensor of another network', () => {
    expect(() => convertDescriptor(weightsOf('face_landmark_68_model'))).toThrow(
      'the weights lack the tensor "conv32_down/conv/filters"',
    );
  });
});
