import { describe, expect, it } from 'vitest';
import { falseMatchRate, type ImpostorTable, thresholdFor } from '../../../../src/matching/thresholds/impostors.js';

const table: ImpostorTable = [
  [10, 1.25],
  [100, 1.15],
  [1000, 1.05],
];

describe('the false-match rate of a gallery', () => {
  it.each([
    [1.25, 0.1],
    [1.15, 0.01],
    [1.05, 0.001],
    [1.1, 10 ** -2.5],
    [0.95, 1e-4],
    [1.35, 1],
    [2, 1],
  ])('of one example at %d is %d: straight in the logarithm, beyond the table too', (distance, rate) => {
    expect(falseMatchRate(table, distance, 1)).toBeCloseTo(rate, 10);
  });

  it('is the chance that one of many examples comes that near', () => {
    expect(falseMatchRate(table, 1.15, 100)).toBeCloseTo(1 - 0.99 ** 100, 10);
    expect(falseMatchRate(table, 0.95, 2)).toBeCloseTo(1 - 0.9999 ** 2, 12);
    expect(falseMatchRate(table, 1.15, 0)).toBe(0);
  });
});

describe('the threshold for a wanted rate', () => {
  it.each([1, 10, 120, 10_000])('with %i examples gives that rate back', (examples) => {
    expect(falseMatchRate(table, thresholdFor(table, 0.01, examples), examples)).toBeCloseTo(0.01, 8);
  });

  it('falls as the gallery grows', () => {
    const thresholds = [1, 10, 100, 1000].map((examples) => thresholdFor(table, 0.01, examples));
    expect(thresholds[0]).toBeCloseTo(1.15, 10);
    expect(thresholds).toEqual([...thresholds].sort((a, b) => b - a));
  });

  it('of an empty gallery is that of one example', () => {
    expect(thresholdFor(table, 0.01, 0)).toBe(thresholdFor(table, 0.01, 1));
  });
});
