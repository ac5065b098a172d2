import { describe, expect, it } from 'vitest';
import { pairByOverlap } from '../../../../src/faces/image/box.js';

const box = (x: number, width = 10) => ({ x, y: 0, width, height: 10 });

describe('pairByOverlap', () => {
  it('gives the best overlap first choice, whatever the order', () => {
    // Over box(0): box(2) by 8/12, box(1) by 9/11; box(6) overlaps box(2) by 6/14.
    expect(pairByOverlap([box(6), box(0)], [box(2), box(1)], 0.3)).toEqual([0, 1]);
  });

  it('leaves alone what overlaps too little, and takes nothing twice', () => {
    expect(pairByOverlap([box(0), box(20)], [box(6), box(21)], 0.3)).toEqual([null, 1]);
    expect(pairByOverlap([box(0), box(1)], [box(0)], 0.3)).toEqual([0, null]);
    expect(pairByOverlap([], [box(0)], 0.3)).toEqual([]);
  });
});
