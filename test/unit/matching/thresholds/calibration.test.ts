import { describe, expect, it } from 'vitest';
import { calibrate, ratesAt } from '../../../../src/matching/thresholds/calibration.js';
import { samplesOf } from '../../../../src/matching/classifiers/samples.js';
import { searchDistances, type SearchDistances } from '../../../../src/matching/thresholds/search-distances.js';
import { samplesFrom } from '../../../helpers/samples-of.js';

const nobody = { ...samplesOf([]), dimension: 2 };

describe('searchDistances', () => {
  const samples = samplesFrom({
    a: [
      [0, 0],
      [0, 1],
      [0, 3],
    ],
    b: [
      [4, 0],
      [4, 1],
    ],
    c: [[9, 9]],
  });

  it('takes the nearest of all, not each pair: own examples by another one, strangers among everyone', () => {
    const found = searchDistances(
      samples,
      samplesFrom({
        x: [
          [0, 5],
          [4, 3],
        ],
        y: [[8, 9]],
      }),
    );
    expect(found).toEqual({
      genuine: Float64Array.of(1, 1, 2, 1, 1),
      genuineRival: Float64Array.of(4, 4, Math.sqrt(20), 4, 4),
      impostor: Float64Array.of(2, 2, 1),
      impostorPeople: 2,
      searchedPeople: 3,
      strangersFrom: 'given',
    });
  });

  it('lets everyone stand in for a stranger where none are given', () => {
    const { impostor, ...rest } = searchDistances(samples, nobody);
    expect(rest).toMatchObject({ impostorPeople: 3, searchedPeople: 2, strangersFrom: 'left-out people' });
    // c at (9, 9) among a and b: (4, 1) is nearest.
    expect([...impostor]).toEqual([4, 4, Math.sqrt(20), 4, 4, Math.sqrt(25 + 64)]);
  });

  it('finds nothing to search in an empty gallery', () => {
    expect(searchDistances(nobody, samplesFrom({ x: [[0, 5]] }))).toMatchObject({
      genuine: new Float64Array(),
      impostor: new Float64Array(),
    });
  });
});

const searches = (parts: Partial<SearchDistances>): SearchDistances => ({
  genuine: new Float64Array(),
  genuineRival: new Float64Array(parts.genuine?.length ?? 0).fill(9),
  impostor: new Float64Array(),
  impostorPeople: parts.impostor?.length ?? 0,
  searchedPeople: 10,
  strangersFrom: 'given',
  ...parts,
});

describe('ratesAt', () => {
  it('counts a person who is nearer to another as not named, and as misnamed where the other is within', () => {
    const given = searches({
      genuine: Float64Array.of(0.2, 0.5, 0.9, 0.6, 1.2),
      genuineRival: Float64Array.of(0.9, 0.9, 0.9, 0.5, 0.7),
      impostor: Float64Array.of(0.6, 0.8, 1, 1.3),
    });
    expect(ratesAt(given, 0.6)).toEqual({ threshold: 0.6, far: 1 / 4, frr: 3 / 5, misnamed: 1 / 5 });
    expect(ratesAt(given, 2)).toEqual({ threshold: 2, far: 1, frr: 2 / 5, misnamed: 2 / 5 });
    expect(ratesAt(given, 0.1)).toEqual({ threshold: 0.1, far: 0, frr: 1, misnamed: 0 });
  });
});

describe('calibrate', () => {
  const genuine = Float64Array.from({ length: 100 }, (_, i) => 0.3 + 0.003 * i);
  const impostor = Float64Array.from({ length: 400 }, (_, i) => 0.7 + 0.001 * i);
  const sizes = { people: 10, examples: 100 };

  it('recommends the last thousandth before one stranger too many', () => {
    const { recommended, farAtMost, warnings, searchesNeeded } = calibrate(
      searches({ genuine, impostor }),
      sizes,
      0.01,
    );
    // Of 400 searches four may be accepted: 0.700 to 0.703; the fifth, 0.704, must not.
    expect(recommended).toEqual({ threshold: 0.703, far: 0.01, frr: 0, misnamed: 0 });
    // scipy.stats.beta.ppf(0.95, 5, 396)
    expect(farAtMost).toBeCloseTo(0.0227367, 6);
    expect({ warnings, searchesNeeded }).toEqual({ warnings: [], searchesNeeded: 300 });
  });

  it('is stricter for a smaller rate, and says when the sample cannot tell it', () => {
    const { recommended, warnings, searchesNeeded } = calibrate(searches({ genuine, impostor }), sizes, 0.001);
    expect(recommended?.threshold).toBe(0.699);
    expect({ warnings, searchesNeeded }).toEqual({ warnings: ['few_searches'], searchesNeeded: 3000 });
  });

  it('counts every search in the histograms, and tells the rates at round thresholds', () => {
    const { histogram, table } = calibrate(searches({ genuine, impostor }), sizes, 0.01);
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    expect([sum(histogram.genuine), sum(histogram.impostor)]).toEqual([100, 400]);
    expect(histogram.edges.at(-1)).toBeCloseTo(1.1, 9);
    expect(table[0]).toEqual({ threshold: 0.25, far: 0, frr: 1, misnamed: 0 });
    expect(table.at(-1)).toEqual({ threshold: 1.1, far: 1, frr: 0, misnamed: 0 });
    expect(table.find(({ threshold }) => threshold === 0.8)).toMatchObject({ far: 101 / 400, frr: 0 });
  });

  it('warns of small and one-sided samples, and of a threshold that rejects many', () => {
    const few = searches({
      genuine: Float64Array.of(0.5, 0.6, 1.5),
      impostor: Float64Array.of(0.9, 1),
      strangersFrom: 'left-out people',
    });
    expect(calibrate(few, { people: 2, examples: 3 }, 0.01).warnings).toEqual([
      'few_searches',
      'few_people',
      'few_genuine',
      'stand_ins',
      'many_rejected',
    ]);
  });

  it('recommends nothing where nobody was searched for', () => {
    const empty = calibrate(searches({}), { people: 0, examples: 0 }, 0.01);
    expect(empty).toMatchObject({ recommended: null, warnings: ['no_searches'], table: [], farAtMost: 1 });
  });
});
