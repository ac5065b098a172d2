import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PpmFrames } from '../../../src/cameras/capture.js';
import type { RgbImage } from '../../../src/faces/image/image.js';

const side = fc.integer({ min: 1, max: 5 });
const picture = fc.tuple(side, side).chain(([width, height]) => {
  const length = 3 * width * height;
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((data): RgbImage => ({ width, height, data: Uint8Array.from(data) }));
});
const ppm = ({ width, height, data }: RgbImage) => Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), data]);

describe('a stream of PPM pictures', () => {
  it('is parted into the same pictures, however the bytes come', () => {
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 4 }), fc.integer({ min: 1, max: 40 }), (pictures, size) => {
        const stream = Buffer.concat(pictures.map(ppm));
        const frames = new PpmFrames();
        const found: RgbImage[] = [];
        for (let at = 0; at < stream.length; at += size) found.push(...frames.push(stream.subarray(at, at + size)));
        expect(found).toEqual(pictures);
      }),
    );
  });

  it.each(['P5\n1 1\n255\nx', 'P6\n1 1\n65535\n', 'nothing of the kind'])('is refused where it is none: %j', (text) => {
    expect(() => new PpmFrames().push(Buffer.from(text.padEnd(40)))).toThrow('not a PPM picture');
  });
});
