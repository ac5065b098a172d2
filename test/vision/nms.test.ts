import { describe, expect, it } from 'vitest';
import { nonMaximumSuppression, type OverlapOf } from '../../src/vision/nms.js';
import { randomNumbers } from '../helpers/mtcnn-weights.js';

function keep(boxes: number[][], scores: number[], threshold: number, overlapOf: OverlapOf): number[] {
  return [...nonMaximumSuppression(Float64Array.from(boxes.flat()), Float64Array.from(scores), threshold, overlapOf)];
}

/** `nms` of detect_face.py, step by step: every remaining box is compared with the best. */
function original(boxes: number[][], scores: number[], threshold: number, overlapOf: OverlapOf): number[] {
  const area = ([x1, y1, x2, y2]: number[]): number => (x2 - x1 + 1) * (y2 - y1 + 1);
  let rest = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b]);
  const picked: number[] = [];
  while (rest.length > 0) {
    const best = rest.pop()!;
    picked.push(best);
    rest = rest.filter((other) => {
      const [a, b] = [boxes[best], boxes[other]];
      const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + 1);
      const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + 1);
      const common = width * height;
      const whole = overlapOf === 'min' ? Math.min(area(a), area(b)) : area(a) + area(b) - common;
      return common / whole <= threshold;
    });
  }
  return picked;
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
      return [x, y, x + side + 3 * random(), y + side].map(Math.round);
    });
    const scores = boxes.map(() => 0.5 + random() / 2);
    expect(keep(boxes, scores, threshold, overlapOf)).toEqual(original(boxes, scores, threshold, overlapOf));
  });
});
