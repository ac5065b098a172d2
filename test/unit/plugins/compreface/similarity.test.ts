import { describe, expect, it } from 'vitest';
import { similarityOf } from '../../../../src/plugins/compreface/face-json.js';

describe('similarityOf', () => {
  /** (tanh(x) + 1) / 2 is 1 / (1 + e^-2x): worked out by hand with that, x = (1.1818 - d) * 5.292. */
  it.each([
    // x = 6.2540856, e^-12.5081712 = 3.6966e-6
    [0, 1],
    // x = 1.2266856, e^-2.4533712 = 0.0860031: CompreFace's own "92 %" for strangers
    [0.95, 0.92081],
    // x = 0
    [1.1818, 0.5],
    // x = -1.1547144, e^2.3094288 = 10.0686731
    [1.4, 0.09035],
    // x = -4.3299144, e^8.6598288 = 5766.5
    [2, 0.00017],
  ])("is CompreFace's formula where the threshold is its own: %f reads %f", (distance, similarity) => {
    expect(similarityOf(distance, 1.1818)).toBe(similarity);
  });

  it('stretches the distance until the threshold reads one half', () => {
    expect(similarityOf(0.6, 0.6)).toBe(0.5);
    expect(similarityOf(1.1, 1.1)).toBe(0.5);
    // Half the threshold: x = 0.5909 * 5.292 = 3.1270428, e^-6.2540856 = 0.0019226.
    expect(similarityOf(0.3, 0.6)).toBe(0.99808);
    expect(similarityOf(0.55, 1.1)).toBe(0.99808);
    // A fifth above it: x = -0.23636 * 5.292 = -1.2508171, e^2.5016342 = 12.2024196.
    expect(similarityOf(0.72, 0.6)).toBe(0.07574);
  });
});
