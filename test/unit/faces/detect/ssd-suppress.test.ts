import { describe, expect, it } from 'vitest';
import { suppress } from '../../../../src/faces/detect/ssd.js';

// top, left, bottom, right
const left = [0, 0, 4, 4];
const leftShiftedByOne = [0, 1, 4, 5]; // overlaps `left` by 12 of 20: 0.6
const leftShiftedByTwo = [0, 2, 4, 6]; // overlaps `left` by 8 of 24: 0.33
const right = [0, 10, 4, 14];

const run = (boxes: number[][], scores: number[], minScore = 0.5, maxBoxes = 100) =>
  suppress(Float32Array.from(boxes.flat()), Float32Array.from(scores), minScore, maxBoxes).map(({ box, score }) => [
    box.x,
    box.y,
    box.width,
    box.height,
    Number(score.toFixed(2)),
  ]);

describe('suppress', () => {
  it('keeps the best of boxes that overlap by more than half, best first', () => {
    expect(run([left, leftShiftedByOne, right], [0.7, 0.9, 0.8])).toEqual([
      [1, 0, 4, 4, 0.9],
      [10, 0, 4, 4, 0.8],
    ]);
  });

  it('keeps both of two that overlap by less', () => {
    expect(run([left, leftShiftedByTwo], [0.7, 0.9])).toEqual([
      [2, 0, 4, 4, 0.9],
      [0, 0, 4, 4, 0.7],
    ]);
  });

  it('keeps both of two that overlap by exactly half', () => {
    expect(run([[0, 0, 4, 4], [0, 0, 2, 4]], [0.7, 0.9])).toHaveLength(2); // prettier-ignore
  });

  it('takes a box at the least score for no face', () => {
    expect(run([left, right], [0.5, 0.51])).toEqual([[10, 0, 4, 4, 0.51]]);
    expect(run([left, right], [0.1, 0.2])).toEqual([]);
  });

  it('lets a suppressed box suppress nothing', () => {
    expect(run([left, leftShiftedByOne, leftShiftedByTwo], [0.9, 0.8, 0.7])).toEqual([
      [0, 0, 4, 4, 0.9],
      [2, 0, 4, 4, 0.7],
    ]);
  });

  it('reports the best when there are too many', () => {
    expect(run([left, right, [0, 20, 4, 24]], [0.6, 0.9, 0.8], 0.5, 2).map(([x]) => x)).toEqual([10, 20]);
  });
});
