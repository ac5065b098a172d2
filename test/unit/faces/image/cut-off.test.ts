import { describe, expect, it } from 'vitest';
import { isCutOff } from '../../../../src/faces/image/cut-off.js';
import type { Landmarks5 } from '../../../../src/faces/image/box.js';

const picture = { width: 200, height: 100 };
const box = (x: number, y: number) => ({ x, y, width: 40, height: 50 });
const marks = (x: number, y: number): Landmarks5 => [
  { x: x + 10, y: y + 20 },
  { x: x + 30, y: y + 20 },
  { x: x + 20, y: y + 30 },
  { x: x + 12, y: y + 40 },
  { x: x + 28, y: y + 40 },
];

describe('a face', () => {
  it.each([
    ['in the middle', 80, 20, false],
    ['that fills the picture up to the edge', 160, 50, false],
    ['a little beyond the edge', 163, 20, false],
    ['cut on the right', 180, 20, true],
    ['cut on the left', -15, 20, true],
    ['cut at the bottom', 80, 65, true],
    ['cut at the top', 80, -20, true],
    ['outside', 300, 20, true],
  ])('%s', (_, x, y, expected) => {
    expect(isCutOff({ box: box(x, y), landmarks: marks(x, y) }, picture)).toBe(expected);
    expect(isCutOff({ box: box(x, y), landmarks: null }, picture)).toBe(expected);
  });

  it('is cut where a box that ends at the edge has a landmark there', () => {
    expect(isCutOff({ box: box(160, 20), landmarks: marks(176, 20) }, picture)).toBe(true);
  });
});
