import { describe, expect, it } from 'vitest';
import { centralFace } from '../../../../src/faces/pipeline/central-face.js';

const face = (x: number, y: number, side: number) => ({ box: { x, y, width: side, height: side } });
const picture = { width: 250, height: 250 };

describe('centralFace', () => {
  it('weighs size against the distance from the middle, as align_dataset_mtcnn.py does', () => {
    const middle = face(75, 75, 100);
    // 120² - 2 · 70² = 4,600 against 100² = 10,000; then 150² - 2 · 50² = 17,500.
    expect(centralFace([face(135, 65, 120), middle], picture)).toBe(middle);
    const large = face(100, 50, 150);
    expect(centralFace([middle, large], picture)).toBe(large);
  });

  it('keeps the first of equals, and finds none among none', () => {
    const [a, b] = [face(75, 75, 100), face(75, 75, 100)];
    expect(centralFace([a, b], picture)).toBe(a);
    expect(centralFace([], picture)).toBeNull();
  });
});
