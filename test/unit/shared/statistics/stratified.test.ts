import { describe, expect, it } from 'vitest';
import { NO_FOLD, evenFolds, stratifiedFolds } from '../../../../src/shared/statistics/random.js';

const counts = (fold: Int32Array, rows: readonly number[], folds: number) =>
  Array.from({ length: folds }, (_, k) => rows.filter((row) => fold[row] === k).length);

describe('stratifiedFolds', () => {
  const rowsByPerson = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [10, 11, 12], [13], [14, 15, 16, 17, 18, 19, 20]];
  const fold = stratifiedFolds(rowsByPerson, 5);

  it('spreads everyone evenly: no fold has two more of a person than another', () => {
    for (const rows of rowsByPerson.filter(({ length }) => length > 1)) {
      const each = counts(fold, rows, 5);
      expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
    }
    const all = counts(fold, [...fold.keys()], 5);
    expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1);
  });

  it('never tests the only sample of a person', () => {
    expect(fold[13]).toBe(NO_FOLD);
    expect([...fold].filter((one) => one === NO_FOLD)).toHaveLength(1);
  });

  it('is the same every time, and another with another seed', () => {
    expect([...stratifiedFolds(rowsByPerson, 5)]).toEqual([...fold]);
    expect([...stratifiedFolds(rowsByPerson, 5, 2)]).not.toEqual([...fold]);
  });
});

describe('evenFolds', () => {
  it('deals evenly', () => {
    expect(counts(evenFolds(11, 3), [...Array(11).keys()], 3)).toEqual([4, 4, 3]);
  });
});
