import { describe, expect, it } from 'vitest';
import { faceJson } from '../../../../src/plugins/compreface/face-json.js';
import { detectedFaces } from '../../../../src/plugins/compreface/schemas.js';
import type { Landmarks5 } from '../../../../src/faces/image/box.js';

/** Looks into the camera: the nose in the middle, 0.54 of the way from eyes to mouth, which lies 1.08 eye distances below. */
const landmarks: Landmarks5 = [
  { x: 40.4, y: 50 },
  { x: 60.4, y: 50 },
  { x: 50.4, y: 61.664 },
  { x: 43.4, y: 71.6 },
  { x: 57.4, y: 71.6 },
];
const face = {
  box: { x: -3.2, y: 10.5, width: 110.4, height: 60.2 },
  confidence: 0.9876543,
  landmarks,
  embedding: Float32Array.of(0.5, -0.25),
};
const photo = { image: { width: 100, height: 80 }, timesMs: { detector: 12, calculator: 3.5, attributes: 2 } };
const options = (plugins: readonly string[], status = false) => ({
  filter: { limit: 0, minConfidence: null, attributes: [] },
  plugins: new Set(plugins),
  status,
});

describe("a face in CompreFace's shape", () => {
  it('is a box of whole pixels within the photo, and nothing more unasked', () => {
    expect(faceJson(face, photo, options([]))).toEqual({
      box: { probability: 0.98765, x_min: 0, y_min: 11, x_max: 100, y_max: 71 },
    });
  });

  it('has what the plugins add, where there is any', () => {
    const all = faceJson(face, photo, options(['landmarks', 'calculator', 'pose', 'expression'], true));
    const { landmarks: points, embedding, pose, execution_time } = all;
    expect(points).toEqual([
      [40, 50],
      [60, 50],
      [50, 62],
      [43, 72],
      [57, 72],
    ]);
    expect([embedding, execution_time]).toEqual([[0.5, -0.25], { detector: 12, calculator: 3.5 }]);
    for (const angle of Object.values(pose!)) expect(angle).toBeCloseTo(0, 6);
    detectedFaces.parse({ result: [all] });
    expect(faceJson({ ...face, landmarks: null }, photo, options(['landmarks', 'pose']))).toEqual({ box: all.box });
  });

  it('has the guesses that were asked for, an age as a span of years', () => {
    const attributes = { age: 31.6, gender: { value: 'female', probability: 0.98765432 } } as const;
    const guessed = faceJson({ ...face, attributes }, photo, options(['age', 'gender'], true));
    expect(guessed.age).toEqual({ probability: null, low: 27, high: 36 });
    expect(guessed.gender).toEqual({ probability: 0.98765, value: 'female' });
    expect(guessed.execution_time).toEqual({ detector: 12, calculator: 3.5, age: 2, gender: 2 });
    detectedFaces.parse({ result: [guessed] });
    const baby = faceJson({ ...face, attributes: { age: 1.2 } }, photo, options(['age']));
    expect(baby.age).toEqual({ probability: null, low: 0, high: 6 });
  });
});
