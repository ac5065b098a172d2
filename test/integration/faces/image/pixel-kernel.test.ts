import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pyramidLevels, pyramidStrips } from '../../../../src/faces/detect/mtcnn/pyramid.js';
import type { PixelRegion } from '../../../../src/faces/image/box.js';
import { cropArea } from '../../../../src/faces/image/crop-area.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { IntegralImage } from '../../../../src/faces/image/integral-image.js';
import { PixelKernel, type ValueMap } from '../../../../src/faces/image/pixel-kernel.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';

const EXACT: ValueMap = { rounded: false, offset: -127.5, scale: 0.0078125 };
const ROUNDED: ValueMap = { rounded: true, offset: 0, scale: 1 };

/** One for all tests: each finds what earlier images left in its memory. */
const kernel = PixelKernel.load();

/** @param value of all pixels; default: random */
function imageOf(width: number, height: number, value?: number): RgbImage {
  const random = randomNumbers(width * 1000 + height);
  const pixel = () => value ?? Math.round(127.5 + 127.5 * random());
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, pixel) };
}

function inWebAssembly(image: RgbImage): IntegralImage {
  return new IntegralImage(image, { table: new Int32Array(0), kernel });
}

function hashOf({ buffer, byteOffset, byteLength }: Float32Array): string {
  return createHash('sha256')
    .update(Buffer.from(buffer, byteOffset, byteLength))
    .digest('hex');
}

/** @returns the hash of the crops; -7 where none is written */
function crops(image: IntegralImage, regions: PixelRegion[], side: number, values = EXACT): string {
  const out = new Float32Array(3 * side * side * regions.length).fill(-7);
  cropArea(image, regions, side, values, out);
  return hashOf(out);
}

/** Squares and other rectangles in, around and partly in an image. */
function regionsAround({ width, height }: RgbImage, count: number): PixelRegion[] {
  const random = randomNumbers(width + 7 * height);
  const upTo = (most: number): number => Math.floor((most * (1 + random())) / 2);
  return Array.from({ length: count }, () => {
    const size = { width: 1 + upTo(1.5 * width), height: 1 + upTo(1.5 * height) };
    return { x: upTo(2 * width) - size.width, y: upTo(2 * height) - size.height, ...size };
  });
}

function strips(image: IntegralImage, minFacePx: number): Map<string, string> {
  const levels = pyramidLevels(image.width, image.height, minFacePx, 0.709);
  const found = new Map<string, string>();
  for (const { level, top, image: input } of pyramidStrips(image, levels)) {
    found.set(`${level.width} from ${top}: ${input.dims.join()}`, hashOf(input.data));
  }
  return new Map([...found].sort());
}

describe('PixelKernel', () => {
  it('is compiled', () => {
    expect(kernel).not.toBeNull();
    expect(inWebAssembly(imageOf(3, 2)).kernel).toBe(kernel);
  });

  it('is not there without its file', () => {
    expect(PixelKernel.load(new URL('missing.wasm', import.meta.url))).toBeNull();
  });

  it.each([
    [1, 1],
    [1, 9],
    [9, 1],
    [2, 3],
    [31, 23],
    [40, 30],
    [127, 65],
    [3, 700],
    [12_000, 5],
    [640, 480],
  ])('crops an image of %i × %i to the same bits as TypeScript', (width, height) => {
    const image = imageOf(width, height);
    const regions = regionsAround(image, 40);
    for (const side of [1, 2, 5, 24, 48]) {
      for (const values of [EXACT, ROUNDED]) {
        const expected = crops(new IntegralImage(image), regions, side, values);
        expect(crops(inWebAssembly(image), regions, side, values)).toEqual(expected);
      }
    }
  });

  it('fills the table only as far as a crop needs, and later further', () => {
    const image = imageOf(90, 300);
    const [plain, wasm] = [new IntegralImage(image), inWebAssembly(image)];
    for (let y = -20; y < 310; y += 17) {
      const region = { x: y % 50, y, width: 37, height: 29 };
      expect(crops(wasm, [region], 7)).toEqual(crops(plain, [region], 7));
    }
  });

  it.each([
    [12, 12],
    [13, 150],
    [151, 139],
    [200, 400],
    [640, 480],
    [9001, 14],
  ])('makes the pyramid of an image of %i × %i with the same bits as TypeScript', (width, height) => {
    const image = imageOf(width, height);
    for (const minFacePx of [12, 20]) {
      const expected = strips(new IntegralImage(image), minFacePx);
      expect(expected.size > 0).toBe(minFacePx <= Math.min(width, height));
      expect(strips(inWebAssembly(image), minFacePx)).toEqual(expected);
    }
  });

  it('adds the largest sums that it is used for, and keeps its memory for the next image', () => {
    const white = imageOf(2048, 1024, 255);
    const region = { x: 0, y: 0, width: 2048, height: 1024 };
    const memory = (kernel as unknown as { memory: WebAssembly.Memory }).memory;
    expect(crops(inWebAssembly(white), [region], 3)).toEqual(crops(new IntegralImage(white), [region], 3));
    const { byteLength } = memory.buffer;
    expect(byteLength).toBeLessThan(26 * 2 ** 20);
    for (const height of [10, 1000]) crops(inWebAssembly(imageOf(64, height)), [region], 24);
    expect(memory.buffer.byteLength).toBe(byteLength);
  });

  it('leaves larger images to TypeScript', () => {
    const image = imageOf(1449, 1448);
    const regions = regionsAround(image, 5);
    expect(inWebAssembly(image).kernel).toBeNull();
    expect(crops(inWebAssembly(image), regions, 24)).toEqual(crops(new IntegralImage(image), regions, 24));
  });
});
