import { describe, expect, it } from 'vitest';
import { crossValidate } from '../../../src/evaluation/cross-validation.js';

/**
 * Three folds of two genuine and two impostor pairs, worked out by hand. Fold 0: 0.1 0.5 | 0.6 0.9; fold 1: 0.2 0.3 |
 * 0.4 0.8; fold 2: 0.3 0.7 | 0.65 0.95.
 */
const distances = [0.1, 0.5, 0.6, 0.9, 0.2, 0.3, 0.4, 0.8, 0.3, 0.7, 0.65, 0.95];
const same = distances.map((_, i) => i % 4 < 2);
const folds = distances.map((_, i) => Math.floor(i / 4));

describe('crossValidate', () => {
  const result = crossValidate({ same, folds }, () => distances, 0.1);

  it('chooses the threshold on the other folds', () => {
    // Others of fold 0: G 0.2 0.3 0.3 0.7, I 0.4 0.65 0.8 0.95: best between 0.3 and 0.4 (7 of 8).
    // Others of fold 1: G 0.1 0.3 0.5 0.7, I 0.6 0.65 0.9 0.95: best between 0.5 and 0.6 (7 of 8).
    // Others of fold 2: G 0.1 0.2 0.3 0.5, I 0.4 0.6 0.8 0.9: 7 of 8 between 0.3 and 0.4, the lowest, and up to 0.6.
    expect(result.folds.map(({ threshold }) => threshold)).toEqual([
      expect.closeTo(0.35, 12),
      expect.closeTo(0.55, 12),
      expect.closeTo(0.35, 12),
    ]);
    // Fold 0 at 0.35: 0.5 rejected. Fold 1 at 0.55: 0.4 accepted. Fold 2 at 0.35: 0.7 rejected.
    expect(result.folds.map(({ accuracy }) => accuracy)).toEqual([0.75, 0.75, 0.75]);
    expect(result.accuracy).toEqual({ mean: 0.75, deviation: 0 });
  });

  it('tells VAL and FAR at the threshold for the wanted rate on the other folds', () => {
    // Four impostors elsewhere cannot show 0.1: no false accept there, so up to the last genuine before the first one.
    // Fold 0: 0.3 -> 0.1 of its two genuine accepted, no impostor. Fold 1: 0.5 -> both, and 0.4. Fold 2: 0.3 -> 0.3.
    expect(result.folds.map(({ val }) => val)).toEqual([0.5, 1, 0.5]);
    expect(result.folds.map(({ far }) => far)).toEqual([0, 0.5, 0]);
    expect(result.val.mean).toBeCloseTo(2 / 3, 12);
    expect(result.val.deviation).toBeCloseTo(Math.sqrt(1 / 18), 12);
  });

  it('gives the distances that each fold was tested with, and never shows a fold its own pairs', () => {
    const shown: number[][] = [];
    const shifting = crossValidate(
      { same, folds },
      (training) => {
        shown.push([...training]);
        return distances.map((distance) => distance + shown.length);
      },
      0.1,
    );
    expect([...shifting.heldOut]).toEqual(distances.map((distance, i) => distance + folds[i] + 1));
    expect(shown.map((training) => training.map((i) => folds[i]))).toEqual([
      [1, 1, 1, 1, 2, 2, 2, 2],
      [0, 0, 0, 0, 2, 2, 2, 2],
      [0, 0, 0, 0, 1, 1, 1, 1],
    ]);
  });

  it('leaves a fold without impostors out of the mean of FAR', () => {
    const lopsided = crossValidate({ same: [true, false, true], folds: [0, 0, 1] }, () => [0.1, 0.9, 0.2], 0.5);
    expect(lopsided.folds[1].far).toBeNaN();
    expect(lopsided.far.mean).toBe(0);
  });

  it('needs two folds', () => {
    expect(() => crossValidate({ same: [true], folds: [0] }, () => [1], 0.1)).toThrow('two folds or more, not 1');
  });
});
