import { describe, expect, it } from 'vitest';
import { resampleRegion } from '../../../../src/faces/image/resample.js';
import type { Box } from '../../../../src/faces/image/box.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { triangleMeans } from '../../../reference/resample.js';

function noise(width: number, height: number): RgbImage {
  let state = 7;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % 256;
  });
  return { width, height, data };
}

describe('resampleRegion', () => {
  const image = noise(31, 23);
  const regions: [string, Box, number, number][] = [
    ['the whole picture, shrinking', { x: 0, y: 0, width: 31, height: 23 }, 8, 6],
    ['a fractional region, enlarging', { x: 3.3, y: 4.7, width: 6.1, height: 5.2 }, 16, 16],
    ['shrinking one way and enlarging the other', { x: 1.5, y: 2, width: 28, height: 5 }, 7, 19],
    ['a region that sticks out on all sides', { x: -5, y: -4, width: 44, height: 33 }, 11, 9],
    ['one pixel', { x: 10, y: 10, width: 1, height: 1 }, 4, 4],
  ];
  it.each(regions)('agrees with the definition of the filter for %s', (_, region, width, height) => {
    const out = new Float32Array(width * height * 3);
    resampleRegion(image, region, width, height, out);
    const expected = triangleMeans(image, region, { width, height });
    const error = Math.max(...out.map((value, i) => Math.abs(value - expected[i])));
    expect(error).toBeLessThan(1e-3);
  });

  it('returns the picture itself at its own size', () => {
    const out = new Float32Array(image.data.length);
    resampleRegion(image, { x: 0, y: 0, width: 31, height: 23 }, 31, 23, out);
    expect([...out].map(Math.round)).toEqual([...image.data]);
  });
});
