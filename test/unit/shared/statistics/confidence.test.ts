import { describe, expect, it } from 'vitest';
import { upperBound } from '../../../../src/shared/statistics/metrics.js';

describe('upperBound', () => {
  // scipy.stats.beta.ppf(0.95, events + 1, trials - events), scipy 1.x
  it.each([
    [0, 60, 0.04870291331],
    [0, 100, 0.02951304961],
    [1, 100, 0.04655981145],
    [2, 200, 0.03114259941],
    [5, 50, 0.1988330025],
    [49, 50, 0.9989746601],
  ])('of %i in %i is the one-sided Clopper-Pearson bound', (events, trials, expected) => {
    expect(upperBound(events, trials)).toBeCloseTo(expected, 8);
  });

  it('follows the rule of three when nothing went wrong', () => {
    expect(upperBound(0, 1000)).toBeCloseTo(3 / 1000, 4);
  });

  it('says nothing without a trial, and nothing when all went wrong', () => {
    expect(upperBound(0, 0)).toBe(1);
    expect(upperBound(7, 7)).toBe(1);
  });
});
