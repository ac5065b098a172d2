import { describe, expect, it } from 'vitest';
import { nonMaximumSuppression, type OverlapOf } from '../../../../src/faces/detect/mtcnn/nms.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';
import { pickOneByOne, type Corners } from '../../../reference/suppression.js';

function keep(
  boxes: readonly (readonly number[])[],
  scores: number[],
  threshold: number,
  overlapOf: OverlapOf,
): number[] {
  return [...nonMaximumSuppression(Float64Array.from(boxes.flat()), Float64Array.from(scores), threshold, overlapOf)];
}

describe('nonMaximumSuppression', () => {
  it('keeps nothing of nothing', () => {
    expect(keep([], [], 0.5, 'union')).toEqual([]);
  });

  it('orders by score and keeps boxes that lie apart', () => {
    const boxes = [
      [0, 0, 9, 9],
      [100, 0, 109, 9],
      [0, 100, 9, 109],
    ];
    expect(keep(boxes, [0.7, 0.9, 0.8], 0.5, 'union')).toEqual([1, 2, 0]);
  });

  it('counts corners as whole pixels: 10 of 20 columns in common are a third of the union', () => {
    const boxes = [
      [1, 1, 20, 20],
      [11, 1, 30, 20],
    ];
    expect(keep(boxes, [0.9, 0.8], 200 / 600, 'union')).toEqual([0, 1]);
    expect(keep(boxes, [0.9, 0.8], 200 / 600 - 1e-9, 'union')).toEqual([0]);
  });

  it('measures a small box inside a large one by what it is told to', () => {
    const boxes = [
      [0, 0, 99, 99],
      [10, 10, 29, 29],
    ];
    expect(keep(boxes, [0.9, 0.8], 0.7, 'union')).toEqual([0, 1]);
    expect(keep(boxes, [0.9, 0.8], 0.7, 'min')).toEqual([0]);
    expect(keep(boxes, [0.8, 0.9], 0.7, 'min')).toEqual([1]);
  });

  it('lets a dropped box drop nothing', () => {
    const boxes = [
      [0, 0, 19, 9],
      [6, 0, 25, 9],
      [12, 0, 31, 9],
    ];
    expect(keep(boxes, [0.9, 0.8, 0.7], 0.5, 'union')).toEqual([0, 2]);
  });

  it('of equal scores lets the later box win', () => {
    const boxes = [
      [0, 0, 9, 9],
      [0, 0, 9, 9],
    ];
    expect(keep(boxes, [0.5, 0.5], 0.5, 'union')).toEqual([1]);
  });

  it.each([
    [0.3, 'union'],
    [0.5, 'union'],
    [0.7, 'union'],
    [0, 'union'],
    [1, 'union'],
    [0.7, 'min'],
  ] as const)('keeps what the original keeps, threshold %d of the %s', (threshold, overlapOf) => {
    const random = randomNumbers(4);
    const boxes = Array.from({ length: 400 }, () => {
      const [x, y, side] = [100 * random(), 60 * random(), 30 + 25 * random()];
      return [x, y, x + side + 3 * random(), y + side].map(Math.round) as unknown as Corners;
    });
    const scores = boxes.map(() => 0.5 + random() / 2);
    expect(keep(boxes, scores, threshold, overlapOf)).toEqual(pickOneByOne(boxes, scores, threshold, overlapOf));
  });
});
