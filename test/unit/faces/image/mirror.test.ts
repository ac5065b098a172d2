import { describe, expect, it } from 'vitest';
import { mirrorRows } from '../../../../src/faces/image/image.js';

describe('mirrorRows', () => {
  const values = Float32Array.from({ length: 18 }, (_, i) => i);

  it('exchanges left and right of interleaved pixels, not their colours', () => {
    const mirrored = mirrorRows(values, 3, 3);
    expect([...mirrored]).toEqual([6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11]);
    expect(mirrorRows(mirrored, 3, 3)).toEqual(values);
  });

  it('exchanges left and right of every row of planes', () => {
    expect([...mirrorRows(values, 3, 1)]).toEqual([2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 17, 16, 15]);
    expect(values[0]).toBe(0);
  });
});
