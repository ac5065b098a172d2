import { describe, expect, it } from 'vitest';
import { fitSimilarity, warpSquare } from '../../../../src/faces/image/align.js';

const points = [
  { x: 10, y: 20 },
  { x: 40, y: 22 },
  { x: 25, y: 40 },
  { x: 14, y: 55 },
  { x: 37, y: 56 },
];

describe('fitSimilarity', () => {
  it('finds the rotation, scale and shift that points were moved by', () => {
    const [a, b, tx, ty] = [1.2, -0.7, 30, -4];
    const moved = points.map(({ x, y }) => ({ x: a * x - b * y + tx, y: b * x + a * y + ty }));
    const found = fitSimilarity(points, moved);
    for (const [key, value] of Object.entries({ a, b, tx, ty })) expect(found[key as 'a']).toBeCloseTo(value, 10);
  });

  it('is a minimum of the squared distances: every small change makes them larger', () => {
    const target = points.map(({ x, y }, i) => ({ x: 2 * x + (i % 2), y: 2 * y - (i % 3) }));
    const found = fitSimilarity(points, target);
    const loss = ({ a, b, tx, ty }: typeof found) =>
      points.reduce(
        (sum, { x, y }, i) => sum + (a * x - b * y + tx - target[i].x) ** 2 + (b * x + a * y + ty - target[i].y) ** 2,
        0,
      );
    for (const key of ['a', 'b', 'tx', 'ty'] as const) {
      for (const step of [-1e-3, 1e-3])
        expect(loss({ ...found, [key]: found[key] + step })).toBeGreaterThan(loss(found));
    }
  });
});

describe('warpSquare', () => {
  /** 4×3 pixels whose red is 10·x, green 20·y, blue 7. */
  const image = {
    width: 4,
    height: 3,
    data: Uint8Array.from({ length: 36 }, (_, i) => [10 * (Math.floor(i / 3) % 4), 20 * Math.floor(i / 12), 7][i % 3]),
  };

  function warped(similarity: Parameters<typeof warpSquare>[1], side: number): Float32Array {
    const into = new Float32Array(3 * side * side).fill(99);
    warpSquare(image, similarity, side, into);
    return into;
  }

  it('takes whole pixels as they are', () => {
    const out = warped({ a: 1, b: 0, tx: 0, ty: 0 }, 3);
    expect([...out.subarray(0, 9)]).toEqual([0, 0, 7, 10, 0, 7, 20, 0, 7]);
    expect([...out.subarray(18, 21)]).toEqual([0, 40, 7]);
  });

  it('interpolates between pixels, and with black at the borders', () => {
    const out = warped({ a: 1, b: 0, tx: -0.5, ty: -0.25 }, 4);
    expect([...out.subarray(0, 3)]).toEqual([5, 5, 7]);
    expect([...out.subarray(9, 12)]).toEqual([15, 2.5, 3.5]);
    expect([...out.subarray(36, 39)]).toEqual([0, 0, 0]);
  });

  it('turns: a quarter turn brings the rows into columns', () => {
    const out = warped({ a: 0, b: 1, tx: 2, ty: 0 }, 3);
    expect([...out.subarray(0, 9)]).toEqual([0, 40, 7, 0, 20, 7, 0, 0, 7]);
  });

  it('is the weighted mean of the four nearest pixels, black ones outside, for any similarity', () => {
    const at = (x: number, y: number, c: number) =>
      x >= 0 && y >= 0 && x < 4 && y < 3 ? image.data[3 * (4 * y + x) + c] : 0;
    for (const [a, b, tx, ty] of [
      [1.7, 0.4, -2.2, 1.9],
      [0.6, -0.9, 3.1, 4.7],
      [-2, 0.3, 9.9, 5.1],
      [0.2, 0.1, 2, 2],
    ]) {
      const out = warped({ a, b, tx, ty }, 7);
      for (let i = 0; i < out.length; i++) {
        const [u, v] = [Math.floor(i / 3) % 7, Math.floor(i / 21)];
        const square = a * a + b * b;
        const x = (a * (u - tx) + b * (v - ty)) / square;
        const y = (a * (v - ty) - b * (u - tx)) / square;
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const mean =
          (top + 1 - y) * ((left + 1 - x) * at(left, top, i % 3) + (x - left) * at(left + 1, top, i % 3)) +
          (y - top) * ((left + 1 - x) * at(left, top + 1, i % 3) + (x - left) * at(left + 1, top + 1, i % 3));
        expect(out[i]).toBeCloseTo(mean, 3);
      }
    }
  });
});
