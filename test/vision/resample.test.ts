import { describe, expect, it } from 'vitest';
import { resampleRegion } from '../../src/vision/resample.js';
import type { Box } from '../../src/vision/box.js';
import type { RgbImage } from '../../src/vision/image.js';

function noise(width: number, height: number): RgbImage {
  let state = 7;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % 256;
  });
  return { width, height, data };
}

/** The same filter written as its definition: every output pixel is a weighted mean over all input pixels. */
function byDefinition({ width, height, data }: RgbImage, region: Box, outW: number, outH: number): number[] {
  const weightsFor = (start: number, length: number, size: number, inputSize: number, i: number) => {
    const step = length / size;
    const centre = Math.min(Math.max(start + (i + 0.5) * step, 0), inputSize);
    const raw = Array.from({ length: inputSize }, (_, j) =>
      Math.max(0, 1 - Math.abs(j + 0.5 - centre) / Math.max(1, step)),
    );
    const sum = raw.reduce((a, b) => a + b);
    return raw.map((weight) => weight / sum);
  };
  const out: number[] = [];
  for (let y = 0; y < outH; y++) {
    const wy = weightsFor(region.y, region.height, outH, height, y);
    for (let x = 0; x < outW; x++) {
      const wx = weightsFor(region.x, region.width, outW, width, x);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < height; j++)
          for (let i = 0; i < width; i++) sum += wy[j] * wx[i] * data[(j * width + i) * 3 + c];
        out.push(sum);
      }
    }
  }
  return out;
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
    const expected = byDefinition(image, region, width, height);
    const error = Math.max(...out.map((value, i) => Math.abs(value - expected[i])));
    expect(error).toBeLessThan(1e-3);
  });

  it('returns the picture itself at its own size', () => {
    const out = new Float32Array(image.data.length);
    resampleRegion(image, { x: 0, y: 0, width: 31, height: 23 }, 31, 23, out);
    expect([...out].map(Math.round)).toEqual([...image.data]);
  });
});
