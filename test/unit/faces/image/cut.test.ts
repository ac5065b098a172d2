import { describe, expect, it } from 'vitest';
import { cropAround, cutOut, regionAround } from '../../../../src/faces/image/image.js';

/** 6×4 pixels; each shows its column, its row, and 9. */
const image = {
  width: 6,
  height: 4,
  data: Uint8Array.from({ length: 72 }, (_, i) => [Math.floor(i / 3) % 6, Math.floor(i / 18), 9][i % 3]),
};

describe('parts of an image', () => {
  it('are squares around a box, in whole pixels, clipped to the image', () => {
    expect(regionAround({ x: 2, y: 1, width: 1, height: 2 }, 1, image)).toEqual({ x: 1, y: 1, width: 3, height: 2 });
    expect(regionAround({ x: 2, y: 1, width: 1, height: 2 }, 2, image)).toEqual({ x: 0, y: 0, width: 5, height: 4 });
    expect(regionAround({ x: 9, y: 9, width: 2, height: 2 }, 2, image)).toEqual({ x: 5, y: 3, width: 1, height: 1 });
  });

  it('are copies', () => {
    const part = cutOut(image, { x: 3, y: 1, width: 2, height: 2 });
    expect(part).toEqual({ width: 2, height: 2, data: Uint8Array.of(3, 1, 9, 4, 1, 9, 3, 2, 9, 4, 2, 9) });
    expect(cropAround(image, { x: 3, y: 1, width: 2, height: 2 }, 1)).toEqual(part);
    part.data[0] = 200;
    expect(image.data).not.toContain(200);
  });
});
