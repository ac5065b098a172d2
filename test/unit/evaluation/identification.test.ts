import { describe, expect, it } from 'vitest';
import {
  detCurve,
  rankOne,
  ratesAtFpir,
  ratesAtThreshold,
  type Search,
} from '../../../src/evaluation/identification.js';

/** Four searches of Ada and Bob, who are enrolled, and four strangers; the right figures are counted by hand. */
const searches: readonly Search[] = [
  { person: 'Ada', nearest: 'Ada', distance: 0.5 },
  { person: 'Ada', nearest: 'Ada', distance: 0.9 },
  { person: 'Bob', nearest: 'Bob', distance: 1.1 },
  { person: 'Bob', nearest: 'Ada', distance: 0.8 },
  { person: null, nearest: 'Ada', distance: 0.7 },
  { person: null, nearest: 'Bob', distance: 1 },
  { person: null, nearest: 'Bob', distance: 1.2 },
  { person: null, nearest: 'Ada', distance: 1.3 },
];

describe('open-set identification', () => {
  it('counts rank one whatever the distance, and not strangers', () => {
    expect(rankOne(searches)).toBe(3 / 4);
  });

  it.each([
    [0.4, 1, 0],
    [0.5, 3 / 4, 0],
    [0.7, 3 / 4, 1 / 4],
    [0.95, 2 / 4, 1 / 4],
    [1.1, 1 / 4, 2 / 4],
    [2, 1 / 4, 1],
  ])('at the threshold %d: FNIR %d, FPIR %d; a wrong name counts as missed', (threshold, fnir, fpir) => {
    expect(ratesAtThreshold(searches, threshold)).toEqual({ threshold, fnir, fpir });
  });

  it.each([
    [0, 0.5, 3 / 4, 0],
    [0.24, 0.5, 3 / 4, 0],
    [0.25, 0.9, 2 / 4, 1 / 4],
    [0.5, 1.1, 1 / 4, 2 / 4],
    [1, 1.3, 1 / 4, 1],
  ])('at FPIR %d draws the line at %d', (wanted, threshold, fnir, fpir) => {
    expect(ratesAtFpir(searches, wanted)).toEqual({ threshold, fnir, fpir });
  });

  it('names nobody where two strangers at one distance would exceed the rate', () => {
    const tied: Search[] = [0.6, 0.6, 1, 1].map((distance) => ({ person: null, nearest: 'Ada', distance }));
    expect(ratesAtFpir([{ person: 'Ada', nearest: 'Ada', distance: 0.7 }, ...tied], 0.25)).toEqual({
      threshold: 0,
      fnir: 1,
      fpir: 0,
    });
  });

  it('draws a curve through every operating point, FPIR rising and FNIR falling', () => {
    const curve = detCurve(searches);
    expect(curve.map(({ threshold }) => threshold)).toEqual([0, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3]);
    for (const { threshold, ...rates } of curve)
      expect(ratesAtThreshold(searches, threshold)).toEqual({ threshold, ...rates });
  });

  it('has no rate where there is no search of a kind', () => {
    expect(
      ratesAtThreshold(
        searches.filter(({ person }) => person !== null),
        1,
      ).fpir,
    ).toBeNaN();
    expect(rankOne([])).toBeNaN();
  });
});
