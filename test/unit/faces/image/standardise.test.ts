import { describe, expect, it } from 'vitest';
import { prewhiten, standardiseFixed } from '../../../../src/faces/embed/facenet.js';

describe('standardiseFixed', () => {
  it('is (x - 127.5) / 128', () => {
    const pixels = Float32Array.of(0, 127.5, 255, 64);
    standardiseFixed(pixels);
    expect([...pixels]).toEqual([-0.99609375, 0, 0.99609375, -0.49609375]);
  });
});

describe('prewhiten', () => {
  it('gives mean 0 and deviation 1', () => {
    const pixels = Float32Array.of(1, 2, 3, 4);
    prewhiten(pixels);
    const expected = [-1.3416408, -0.4472136, 0.4472136, 1.3416408];
    pixels.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });

  it('divides a flat picture by 1 / sqrt(count) and not by zero', () => {
    const pixels = new Float32Array(16).fill(200);
    prewhiten(pixels);
    expect([...pixels]).toEqual(new Array(16).fill(0));
  });
});
