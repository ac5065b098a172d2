import { describe, expect, it } from 'vitest';
import { countPairs } from '../../../../src/faces/image/box.js';
import { drawBox } from '../../../../src/evaluation/compare-detectors.js';

const box = (x: number, y: number, width = 100, height = 100) => ({ x, y, width, height });

describe('boxes that agree', () => {
  it.each([
    ['none with none', [], [], 0],
    ['none with some', [], [box(0, 0)], 0],
    ['the same box', [box(3, 4)], [box(3, 4)], 1],
    // 100 × 100 moved by 33: overlap 6700 of 13300, 0.504; by 34: 6600 of 13400, 0.493.
    ['overlap just over a half', [box(0, 0)], [box(33, 0)], 1],
    ['overlap just under a half', [box(0, 0)], [box(34, 0)], 0],
    ['two boxes on one face count once', [box(0, 0), box(5, 0)], [box(2, 0)], 1],
    // The left box could take either; it gives up the one that the right box overlaps more.
    ['each finds its own partner', [box(0, 0), box(30, 0)], [box(25, 0), box(-20, 0)], 2],
  ])('%s', (_what, a, b, expected) => {
    expect(countPairs(a, b)).toBe(expected);
    expect(countPairs(b, a)).toBe(expected);
  });
});

describe('the outline of a box', () => {
  const drawn = (x: number, y: number, width: number, height: number) => {
    const image = { width: 6, height: 5, data: new Uint8Array(90) };
    drawBox(image, { x, y, width, height }, [1, 2, 3], 1);
    return Array.from({ length: 5 }, (_, row) =>
      Array.from({ length: 6 }, (_, column) => (image.data[(row * 6 + column) * 3 + 2] === 3 ? '#' : '.')).join(''),
    );
  };

  it('is drawn inside it', () => {
    expect(drawn(1, 0.6, 4, 4)).toEqual(['......', '.####.', '.#..#.', '.#..#.', '.####.']);
  });

  it('is cut at the borders of the picture', () => {
    expect(drawn(-2, -2, 5, 5)).toEqual(['..#...', '..#...', '###...', '......', '......']);
    expect(drawn(50, 50, 5, 5)).toEqual(['......', '......', '......', '......', '......']);
  });
});
