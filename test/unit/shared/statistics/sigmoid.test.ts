import { describe, expect, it } from 'vitest';
import { probabilityOf, fitSigmoid } from '../../../../src/shared/statistics/sigmoid.js';

describe('fitSigmoid', () => {
  it('finds what scikit-learn finds', () => {
    const scores = [-2, -1.5, -1, -0.75, -0.5, -0.25, 0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3];
    const right = [0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1].map(Boolean);
    const { slope, offset } = fitSigmoid(scores, right);
    // sklearn.calibration._sigmoid_calibration of 1.9.1; it stops at another tolerance.
    expect(slope).toBeCloseTo(-0.98353142, 4);
    expect(offset).toBeCloseTo(0.33337432, 4);
  });

  it('stays finite where the two sides do not overlap', () => {
    const { slope, offset } = fitSigmoid([-3, -2, -1, 1, 2, 3], [false, false, false, true, true, true]);
    expect(slope).toBeCloseTo(-0.62140196, 4);
    expect(offset).toBeCloseTo(0, 6);
  });

  it('knows only how often things are right where the scores say nothing', () => {
    const sigmoid = fitSigmoid([1, 1, 1, 1], [true, true, true, false]);
    // Platt's targets: (3 + 1) / (3 + 2) three times and 1 / (1 + 2) once.
    expect(probabilityOf(sigmoid, 1)).toBeCloseTo((3 * 0.8 + 1 / 3) / 4, 4);
  });
});

describe('probabilityOf', () => {
  it('does not overflow', () => {
    expect(probabilityOf({ slope: -1000, offset: 0 }, 5)).toBe(1);
    expect(probabilityOf({ slope: -1000, offset: 0 }, -5)).toBe(0);
    expect(probabilityOf({ slope: -1, offset: 0 }, 0)).toBe(0.5);
  });
});
