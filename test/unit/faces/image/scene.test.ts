import { describe, expect, it } from 'vitest';
import { appearanceOf, changedShare, similarity, sceneOf } from '../../../../src/faces/image/appearance.js';
import type { RgbImage } from '../../../../src/faces/image/image.js';

const [WIDTH, HEIGHT] = [64, 48];

/** @param grey of each pixel, 0..255 */
function picture(grey: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) data.fill(grey(i % WIDTH, Math.floor(i / WIDTH)), 3 * i, 3 * i + 3);
  return { width: WIDTH, height: HEIGHT, data };
}

describe('a scene', () => {
  it('holds the mean grey of each of its 16 × 12 cells', () => {
    const scene = sceneOf(picture((x, y) => 4 * Math.floor(x / 4) + Math.floor(y / 4)));
    expect(scene).toHaveLength(192);
    expect(scene[0]).toBe(0);
    expect(scene[16 * 5 + 3]).toBe(4 * 3 + 5);
  });

  it('has changed where cells differ by more than noise', () => {
    const before = sceneOf(picture(() => 100));
    expect(changedShare(before, sceneOf(picture(() => 115)))).toBe(0);
    expect(changedShare(before, sceneOf(picture((x) => (x < 16 ? 160 : 100))))).toBe(0.25);
  });
});

describe('an appearance', () => {
  const face = { x: 10, y: 10, width: 30, height: 30 };
  const pattern = (x: number, y: number) => 60 + 40 * Math.sin(x / 5) * Math.cos(y / 7);

  it('is the same in other light, and not in another pattern', () => {
    const [dim, bright, other] = [
      picture(pattern),
      picture((x, y) => 1.5 * pattern(x, y) + 40),
      picture((x, y) => pattern(y + 8, x)),
    ].map((image) => appearanceOf(image, face));
    expect(similarity(dim, dim)).toBeCloseTo(1, 5);
    expect(similarity(dim, bright)).toBeGreaterThan(0.99);
    expect(similarity(dim, other)).toBeLessThan(0.5);
  });

  it('has nothing to compare where all is one grey, and may stick out of the picture', () => {
    expect(
      similarity(
        appearanceOf(
          picture(() => 7),
          face,
        ),
        appearanceOf(picture(pattern), face),
      ),
    ).toBe(0);
    const outside = appearanceOf(picture(pattern), { x: -20, y: 40, width: 40, height: 40 });
    expect(similarity(outside, outside)).toBeCloseTo(1, 5);
  });
});
