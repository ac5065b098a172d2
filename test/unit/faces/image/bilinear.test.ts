import { beforeAll, describe, expect, it } from 'vitest';
import { resizeSquare, type SquarePadding } from '../../../../src/faces/image/bilinear.js';
import type { PixelRect } from '../../../../src/faces/image/box.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';
import { loadTf, type Tf } from '../../../helpers/face-api.js';
import { largestDifference, readPhoto } from '../../../helpers/photo.js';
import { samplePhoto } from '../../../helpers/shared.js';

const rect = (x: number, y: number, width: number, height: number): PixelRect => ({ x, y, width, height });

/** One channel; the other two are its double and its triple. */
function grey(width: number, height: number, values: number[]): RgbImage {
  return { width, height, data: Uint8Array.from(values.flatMap((value) => [value, 2 * value, 3 * value])) };
}

function planes(image: RgbImage, part: PixelRect, padding: SquarePadding, size: number): number[][] {
  const out = new Float32Array(3 * size * size).fill(NaN);
  resizeSquare(image, part, padding, size, out);
  return [0, 1, 2].map((plane) => Array.from(out.subarray(plane * size * size, (plane + 1) * size * size)));
}

describe('resizeSquare', () => {
  it('reads position i · side / size, the last pixel repeated at the border', () => {
    const [red, green, blue] = planes(grey(2, 2, [0, 40, 20, 80]), rect(0, 0, 2, 2), 'end', 4);
    expect(red).toEqual([0, 20, 40, 40, 10, 35, 60, 60, 20, 50, 80, 80, 20, 50, 80, 80]);
    expect(green).toEqual(red.map((value) => 2 * value));
    expect(blue).toEqual(red.map((value) => 3 * value));
  });

  it('pads with black behind the image, or half on each side with the larger half behind', () => {
    const image = grey(3, 2, [9, 10, 9, 9, 20, 9]);
    expect(planes(image, rect(1, 0, 1, 2), 'end', 2)[0]).toEqual([10, 0, 20, 0]);
    expect(planes(image, rect(1, 0, 1, 2), 'centre', 2)[0]).toEqual([10, 0, 20, 0]);
    expect(planes(grey(3, 1, [10, 20, 30]), rect(0, 0, 3, 1), 'centre', 3)[0]).toEqual([0, 0, 0, 10, 20, 30, 0, 0, 0]);
  });

  it('fades into the padding, which is part of the square', () => {
    expect(planes(grey(1, 2, [40, 80]), rect(0, 0, 1, 2), 'end', 4)[0]).toEqual([
      40, 20, 0, 0, 60, 30, 0, 0, 80, 40, 0, 0, 80, 40, 0, 0,
    ]);
  });

  it('writes behind the offset and nowhere else', () => {
    const out = new Float32Array(5).fill(-1);
    resizeSquare(grey(1, 1, [7]), rect(0, 0, 1, 1), 'end', 1, out, 1);
    expect(Array.from(out)).toEqual([-1, 7, 14, 21, -1]);
  });
});

describe('resizeSquare beside TensorFlow.js', () => {
  let tf: Tf;
  let photo: RgbImage;
  beforeAll(async () => {
    tf = await loadTf();
    photo = await readPhoto(samplePhoto(1));
  });

  /** The square as face-api builds it, HWC. */
  function square(part: PixelRect, before: { x: number; y: number }): Float32Array {
    const side = Math.max(part.width, part.height);
    const pixels = new Float32Array(side * side * 3);
    for (let y = 0; y < part.height; y++) {
      const start = ((part.y + y) * photo.width + part.x) * 3;
      pixels.set(photo.data.subarray(start, start + part.width * 3), ((y + before.y) * side + before.x) * 3);
    }
    return pixels;
  }

  it.each([
    ['a whole photo, shrunk', rect(0, 0, 1920, 1280), 'end', { x: 0, y: 0 }, 512],
    ['a tall face, shrunk', rect(414, 354, 177, 240), 'centre', { x: 31, y: 0 }, 112],
    ['a wide face, shrunk', rect(414, 354, 240, 177), 'centre', { x: 0, y: 31 }, 150],
    ['a small face, enlarged', rect(430, 380, 60, 71), 'centre', { x: 5, y: 0 }, 150],
    ['a face of the very size', rect(430, 380, 112, 112), 'centre', { x: 0, y: 0 }, 112],
  ] as const)('agrees on %s', (_, part, padding, before, size) => {
    const side = Math.max(part.width, part.height);
    const expected = tf.image.resizeBilinear(
      tf.tensor3d(square(part, before), [side, side, 3]),
      [size, size],
      false,
      false,
    );
    const ours = planes(photo, part, padding, size);
    const interleaved = ours[0].flatMap((red, i) => [red, ours[1][i], ours[2][i]]);
    // Positions are float32 there and float64 here: 1e-4 of a pixel where neighbours differ by up to 255.
    expect(largestDifference(interleaved, expected.dataSync())).toBeLessThan(0.02);
  });
});
