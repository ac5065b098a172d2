import { describe, expect, it } from 'vitest';
import { cropArea } from '../../../../src/faces/image/crop-area.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import type { PixelRegion } from '../../../../src/faces/image/box.js';
import type { ValueMap } from '../../../../src/faces/image/pixel-kernel.js';
import { AreaResampler, type Size } from '../../../../src/faces/image/resize-area.js';
import { RunningSums, IntegralImage } from '../../../../src/faces/image/integral-image.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';
import { largestDifference } from '../../../helpers/photo.js';
import { areaMeans } from '../../../reference/resample.js';

const AS_IS: ValueMap = { rounded: false, offset: 0, scale: 1 };
/** Written as float32, 0..255. */
const TOLERANCE = 2e-5;

function randomImage(width: number, height: number): RgbImage {
  const random = randomNumbers(width * 1000 + height);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => 127.5 + 127.5 * random()) };
}

/** The same grey rows of numbers in every channel. */
function greyImage(rows: number[][]): RgbImage {
  return { width: rows[0].length, height: rows.length, data: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])) };
}

/** The whole picture at another size: R, G, B planes. */
function resize(image: RgbImage, size: Size, values: ValueMap): Float32Array {
  const region = { x: 0, y: 0, width: image.width, height: image.height };
  const resampler = new AreaResampler(region, size, values, { start: 0, end: image.width }, image.height);
  const sums = new RunningSums(image, { start: 0, end: image.width });
  const out = new Float32Array(3 * size.width * size.height);
  for (let y = 0; y < image.height; y++) {
    sums.advance(y);
    while (resampler.isReady(y)) {
      resampler.writeRow(y, sums, out, resampler.nextRow * size.width, size.width * size.height);
    }
  }
  expect(resampler.nextRow).toBe(size.height);
  return out;
}

/** By the definition, as R, G, B planes. */
function byDefinition(image: RgbImage, region: PixelRegion, size: Size): Float64Array {
  const means = areaMeans(image, region, size);
  const plane = size.width * size.height;
  return means.map((_, i) => means[3 * (i % plane) + Math.floor(i / plane)]);
}

/** What OpenCV's resize.cpp computes for INTER_AREA when both axes grow: its `area_mode` weights, in float64. */
function openCvEnlarged(image: RgbImage, side: number): number[] {
  const taps = (length: number): { first: number; next: number; share: number }[] =>
    Array.from({ length: side }, (_, d) => {
      const first = Math.floor((d * length) / side);
      const f = d + 1 - ((first + 1) * side) / length;
      const share = f <= 0 || first >= length - 1 ? 0 : f - Math.floor(f);
      return { first, next: Math.min(first + 1, length - 1), share };
    });
  const [columns, rows] = [taps(image.width), taps(image.height)];
  const pixel = (x: number, y: number, c: number): number => image.data[(y * image.width + x) * 3 + c];
  return [0, 1, 2].flatMap((c) =>
    rows.flatMap((row) =>
      columns.map(({ first, next, share }) => {
        const across = (y: number): number => pixel(first, y, c) * (1 - share) + pixel(next, y, c) * share;
        return across(row.first) * (1 - row.share) + across(row.next) * row.share;
      }),
    ),
  );
}

function crop(image: RgbImage, region: PixelRegion, side: number): Float32Array {
  const out = new Float32Array(3 * side * side).fill(-1);
  cropArea(new IntegralImage(image), [region], side, AS_IS, out);
  return out;
}

describe('AreaResampler', () => {
  it.each([
    ['half', 24, 16, 12, 8],
    ['a third', 27, 9, 9, 3],
    ['one size', 13, 11, 13, 11],
    ['0.6', 40, 30, 24, 18],
    ['0.709, rounded up', 40, 30, 29, 22],
    ['uneven factors', 37, 53, 12, 17],
    ['one pixel', 37, 23, 1, 1],
    ['larger', 7, 5, 24, 24],
    ['wider and lower', 7, 30, 12, 12],
  ])('is the mean over the covered area: %s', (_, width, height, outWidth, outHeight) => {
    const image = randomImage(width, height);
    const size = { width: outWidth, height: outHeight };
    const expected = byDefinition(image, { x: 0, y: 0, width, height }, size);
    expect(largestDifference(resize(image, size, AS_IS), expected)).toBeLessThan(TOLERANCE);
  });

  it('is OpenCV’s linear variant when enlarging', () => {
    for (const [width, height, side] of [
      [20, 20, 24],
      [20, 21, 24],
      [23, 24, 24],
      [31, 30, 48],
      [5, 7, 12],
    ]) {
      const image = randomImage(width, height);
      const size = { width: side, height: side };
      expect(largestDifference(resize(image, size, AS_IS), openCvEnlarged(image, side))).toBeLessThan(TOLERANCE);
    }
  });

  it('enlarges by hand: 3 pixels to 4 cross two borders', () => {
    const row = [0, 90, 210];
    const enlarged = resize(greyImage([row, row, row]), { width: 4, height: 4 }, AS_IS);
    expect([...enlarged.subarray(0, 4)]).toEqual(
      [0, expect.closeTo(60, 4), expect.closeTo(130, 4), 210].map((v) => v as number),
    );
  });

  it('shrinks by hand: 3 pixels to 2 share the middle one', () => {
    const enlarged = resize(greyImage([[30, 60, 240]]), { width: 2, height: 1 }, AS_IS);
    expect([...enlarged.subarray(0, 2)]).toEqual([40, 180]);
  });

  it('rounds halves to even, then offsets and scales', () => {
    const pairs = [0, 1, 1, 2, 2, 3, 254, 255];
    const size = { width: 4, height: 1 };
    const rounded = resize(greyImage([pairs]), size, { rounded: true, offset: 0, scale: 1 });
    expect([...rounded.subarray(0, 4)]).toEqual([0, 2, 2, 254]);
    const standardised = resize(greyImage([pairs]), size, { rounded: true, offset: -127.5, scale: 0.0078125 });
    expect([...standardised.subarray(0, 4)]).toEqual([-127.5 / 128, -125.5 / 128, -125.5 / 128, 126.5 / 128]);
  });

  it('keeps the channels apart', () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 50, 60, 70) };
    expect([...resize(image, { width: 1, height: 1 }, AS_IS)]).toEqual([30, 40, 50]);
  });
});

describe('cropArea', () => {
  const image = randomImage(40, 30);

  it.each<[string, PixelRegion]>([
    ['inside', { x: 3, y: 5, width: 20, height: 19 }],
    ['all of it', { x: 0, y: 0, width: 40, height: 30 }],
    ['over the top left corner', { x: -7, y: -4, width: 25, height: 25 }],
    ['over the bottom right corner', { x: 31, y: 22, width: 30, height: 31 }],
    ['over all sides', { x: -10, y: -20, width: 70, height: 70 }],
    ['a single pixel', { x: 39, y: 29, width: 1, height: 1 }],
    ['beside it', { x: 40, y: 0, width: 20, height: 20 }],
    ['above it', { x: 0, y: -20, width: 20, height: 20 }],
    ['far away', { x: -1e9, y: 1e9, width: 12, height: 12 }],
  ])('counts what lies outside as black: %s', (_, region) => {
    const expected = byDefinition(image, region, { width: 12, height: 12 });
    expect(largestDifference(crop(image, region, 12), expected)).toBeLessThan(TOLERANCE);
  });

  it('gives many crops, in any order, what each gets alone', () => {
    const random = randomNumbers(9);
    const regions = Array.from({ length: 60 }, () => ({
      x: Math.round(20 + 35 * random()),
      y: Math.round(15 + 30 * random()),
      width: Math.round(15 + 13 * random()),
      height: Math.round(15 + 13 * random()),
    }));
    const together = new Float32Array(60 * 3 * 64);
    cropArea(new IntegralImage(image), regions, 8, AS_IS, together);
    regions.forEach((region, i) => {
      const expected = byDefinition(image, region, { width: 8, height: 8 });
      expect(largestDifference(together.subarray(i * 192, (i + 1) * 192), expected)).toBeLessThan(TOLERANCE);
    });
  });

  it('does nothing without regions', () => {
    const out = new Float32Array(0);
    cropArea(new IntegralImage(image), [], 24, AS_IS, out);
    expect(out).toEqual(new Float32Array(0));
  });
});
