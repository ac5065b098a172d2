import { describe, expect, it } from 'vitest';
import { mirrorBox, mirrorImage } from '../../../../src/faces/image/image.js';

describe('mirrorImage and mirrorBox', () => {
  it('exchange left and right, not the colours', () => {
    const data = Uint8Array.from({ length: 18 }, (_, i) => i);
    expect(mirrorImage({ width: 3, height: 2, data })).toEqual({
      width: 3,
      height: 2,
      data: Uint8Array.of(6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11),
    });
    expect(mirrorBox({ x: -1, y: 2, width: 4, height: 5 }, 10)).toEqual({ x: 7, y: 2, width: 4, height: 5 });
  });
});
