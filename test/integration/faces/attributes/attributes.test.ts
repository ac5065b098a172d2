import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxRuntime } from '../../../../src/engine/onnxruntime.js';
import { attributeReader, EXPRESSIONS } from '../../../../src/faces/attributes/attributes.js';
import { poseOf } from '../../../../src/faces/image/pose.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { faceApiModelDir, loadFaceApi, type PeerGuesses } from '../../../helpers/face-api.js';
import { cut, largestDifference, readPhoto } from '../../../helpers/photo.js';
import { samplePhoto } from '../../../helpers/shared.js';

const cacheDir = mkdtempSync(join(tmpdir(), 'rostro-attributes-'));
const reader = attributeReader(createOnnxRuntime({ threads: 2 }), faceApiModelDir, cacheDir);
afterAll(() => {
  rmSync(cacheDir, { recursive: true, force: true });
});

/** The same walk in face-api, without alignment: `detectAllFaces().withFaceExpressions().withAgeAndGender()`. */
describe('age, gender and expression beside face-api itself', () => {
  const photos: { image: RgbImage; theirs: PeerGuesses[] }[] = [];
  beforeAll(async () => {
    const { faceApi, tf } = await loadFaceApi();
    const whole = await Promise.all(([1, 2, 3, 4, 5, 6] as const).map((number) => readPhoto(samplePhoto(number))));
    for (const image of [...whole, cut(whole[0], 480, 0, 1440, 1280), cut(whole[0], 0, 0, 1920, 540)]) {
      const tensor = tf.tensor3d(new Int32Array(image.data), [image.height, image.width, 3], 'int32');
      photos.push({ image, theirs: await faceApi.detectAllFaces(tensor).withFaceExpressions().withAgeAndGender() });
      tensor.dispose();
    }
  });

  it('gives the same numbers for the same boxes, also of faces that the edge cuts', async () => {
    expect(photos.flatMap(({ theirs }) => theirs).length).toBeGreaterThan(20);
    for (const { image, theirs } of photos) {
      const faces = theirs.map(({ detection: { box } }) => ({ box, landmarks: null }));
      const ours = await reader.read(image, faces, ['age', 'gender', 'expression']);
      for (const [i, { age, gender, expression }] of ours.entries()) {
        expect(Math.abs(age! - theirs[i].age)).toBeLessThan(1e-3);
        expect(gender!.value).toBe(theirs[i].gender);
        expect(Math.abs(gender!.probability - theirs[i].genderProbability)).toBeLessThan(1e-3);
        const expected = EXPRESSIONS.map((name) => theirs[i].expressions[name]);
        const given = EXPRESSIONS.map((name) => expression!.probabilities[name]);
        expect(largestDifference(given, expected)).toBeLessThan(1e-3);
        expect(expression!.probabilities[expression!.value]).toBe(Math.max(...given));
      }
    }
  });
});

describe('what is asked for', () => {
  const photo = { width: 80, height: 60, data: new Uint8Array(80 * 60 * 3).fill(128) };
  const landmarks = [
    { x: 30, y: 25 },
    { x: 50, y: 25 },
    { x: 40, y: 35 },
    { x: 33, y: 45 },
    { x: 47, y: 45 },
  ] as const;
  const face = { box: { x: 20, y: 10, width: 40, height: 45 }, landmarks };

  it('is given, and nothing else', async () => {
    expect(await reader.read(photo, [face], ['pose'])).toEqual([{ pose: poseOf(landmarks) }]);
    expect(Object.keys((await reader.read(photo, [face], ['gender']))[0])).toEqual(['gender']);
    expect(Object.keys((await reader.read(photo, [face], ['age', 'expression']))[0])).toEqual(['age', 'expression']);
  });

  it('has no pose without landmarks, and nothing without faces', async () => {
    expect(await reader.read(photo, [{ ...face, landmarks: null }], ['pose'])).toEqual([{ pose: null }]);
    expect(await reader.read(photo, [], ['age', 'gender', 'expression', 'pose'])).toEqual([]);
  });

  it('needs no weights for the pose, and says which file is missing for the age', async () => {
    const without = attributeReader(createOnnxRuntime({ threads: 1 }), join(cacheDir, 'nothing'), cacheDir);
    expect(await without.read(photo, [face], ['pose'])).toHaveLength(1);
    await expect(without.read(photo, [face], ['age'])).rejects.toMatchObject({
      code: 'model_missing',
      message: expect.stringContaining('age_gender_model') as string,
    });
  });
});
