import { describe, expect, it } from 'vitest';
import {
  accuracyAt,
  auc,
  bestThreshold,
  eer,
  histogram,
  ratesAt,
  rocOf,
  valAtFar,
} from '../../../../src/shared/statistics/metrics.js';

/** Four genuine and four impostor pairs; worked out by hand. In order: G G I G I G I I. */
const distances = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
const same = [true, true, false, true, false, true, false, false];

/** Ten pairs with ties between kinds and within one. At 0.2: G I; at 0.4: G G; at 0.6: I. */
const tiedDistances = [0.2, 0.2, 0.4, 0.4, 0.6];
const tiedSame = [true, false, true, true, false];

describe('rocOf', () => {
  it('passes through every operating point of a set worked out by hand', () => {
    expect(rocOf(distances, same)).toEqual([
      { threshold: -Infinity, far: 0, frr: 1 },
      { threshold: 0.1, far: 0, frr: 0.75 },
      { threshold: 0.2, far: 0, frr: 0.5 },
      { threshold: 0.3, far: 0.25, frr: 0.5 },
      { threshold: 0.4, far: 0.25, frr: 0.25 },
      { threshold: 0.5, far: 0.5, frr: 0.25 },
      { threshold: 0.6, far: 0.5, frr: 0 },
      { threshold: 0.7, far: 0.75, frr: 0 },
      { threshold: 0.8, far: 1, frr: 0 },
    ]);
  });

  /**
   * The documented example of sklearn.metrics.roc_curve: y = [1, 1, 2, 2], scores = [0.1, 0.4, 0.35, 0.8], pos_label 2
   * gives fpr [0, 0, 0.5, 0.5, 1], tpr [0, 0.5, 0.5, 1, 1]. A distance is a score turned round.
   */
  it("agrees with scikit-learn's documented example", () => {
    const points = rocOf([-0.1, -0.4, -0.35, -0.8], [false, false, true, true]);
    expect(points.map(({ far }) => far)).toEqual([0, 0, 0.5, 0.5, 1]);
    expect(points.map(({ frr }) => 1 - frr)).toEqual([0, 0.5, 0.5, 1, 1]);
    expect(points.map(({ threshold }) => -threshold)).toEqual([Infinity, 0.8, 0.4, 0.35, 0.1]);
  });

  it('takes pairs of one distance together, whatever their order', () => {
    const points = [
      { threshold: -Infinity, far: 0, frr: 1 },
      { threshold: 0.2, far: 0.5, frr: 2 / 3 },
      { threshold: 0.4, far: 0.5, frr: 0 },
      { threshold: 0.6, far: 1, frr: 0 },
    ];
    expect(rocOf(tiedDistances, tiedSame)).toEqual(points);
    expect(rocOf([...tiedDistances].reverse(), [...tiedSame].reverse())).toEqual(points);
  });

  it('refuses distances and answers of different length', () => {
    expect(() => rocOf([1, 2], [true])).toThrow('2 distances, 1 labels');
  });
});

describe('rates and accuracy at a threshold', () => {
  it.each([
    [0.05, 0, 1, 0.5],
    [0.25, 0, 0.5, 0.75],
    [0.4, 0.25, 0.25, 0.75],
    [0.65, 0.5, 0, 0.75],
    [1, 1, 0, 0.5],
  ])('at %d: FAR %d, FRR %d, accuracy %d', (threshold, far, frr, accuracy) => {
    expect(ratesAt(distances, same, threshold)).toEqual({ far, frr });
    expect(accuracyAt(distances, same, threshold)).toBe(accuracy);
  });

  it('tells that there is no rate of a kind of which there is no pair', () => {
    expect(ratesAt([0.1, 0.2], [true, true], 0.15)).toEqual({ far: NaN, frr: 0.5 });
  });
});

describe('bestThreshold', () => {
  it('lies half-way to the next distance, the lowest of equally good ones', () => {
    expect(bestThreshold(distances, same)).toBeCloseTo(0.25, 12);
    expect(accuracyAt(distances, same, bestThreshold(distances, same))).toBe(0.75);
  });

  it.each([
    ['kinds apart', [0.5, 0.1, 0.7, 0.3], [true, true, false, true], 0.6],
    ['never splits a tie', tiedDistances, tiedSame, 0.5],
    ['nothing worth accepting', [0.4, 0.6, 0.8], [false, false, true], 0.2],
    ['everything accepted', [0.4, 0.6], [true, true], 0.6],
  ])('%s', (_, values, answers, threshold) => {
    expect(bestThreshold(values, answers)).toBeCloseTo(threshold, 12);
  });
});

describe('valAtFar', () => {
  it.each([
    [0, 0.2, 0.5],
    [0.24, 0.2, 0.5],
    [0.25, 0.4, 0.75],
    [0.5, 0.6, 1],
    [1, 0.8, 1],
  ])('FAR at most %d: threshold %d, VAL %d', (far, threshold, val) => {
    expect(valAtFar(distances, same, far)).toMatchObject({ threshold, val });
  });
});

describe('auc', () => {
  it('is the share of genuine-impostor couples in the right order, by hand', () => {
    expect(auc(distances, same)).toBeCloseTo(13 / 16, 12);
  });

  /** sklearn.metrics.roc_auc_score documents 0.75 for the example above. */
  it("agrees with scikit-learn's documented example", () => {
    expect(auc([-0.1, -0.4, -0.35, -0.8], [false, false, true, true])).toBe(0.75);
  });

  it('counts a tie half', () => {
    expect(auc(tiedDistances, tiedSame)).toBeCloseTo((0.5 + 1 + 0 + 1 + 0 + 1) / 6, 12);
    expect(auc([1, 1], [true, false])).toBe(0.5);
  });

  /** A thousand couples counted one by one: not the trapezoid rule that is tested. */
  it('agrees with counting couples on a thousand pairs', () => {
    const values = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 997) / 997 + (i % 3 === 0 ? 0.3 : 0));
    const answers = values.map((_, i) => i % 3 !== 0);
    let [right, couples] = [0, 0];
    values.forEach((genuine, i) => {
      values.forEach((impostor, j) => {
        if (!answers[i] || answers[j]) return;
        couples++;
        right += genuine < impostor ? 1 : genuine === impostor ? 0.5 : 0;
      });
    });
    expect(auc(values, answers)).toBeCloseTo(right / couples, 10);
  });
});

describe('eer', () => {
  it.each([
    ['by hand, at a point of the curve', distances, same, 0.25],
    ['kinds apart', [0.1, 0.2, 0.8], [true, true, false], 0],
    ['kinds exchanged', [0.8, 0.9, 0.1], [true, true, false], 1],
    // Between (FAR 0.5, FRR 2/3) and (0.5, 0) the line stands upright at FAR 0.5.
    ['between two points', tiedDistances, tiedSame, 0.5],
    ['one tie of both kinds', [1, 1], [true, false], 0.5],
  ])('%s', (_, values, answers, rate) => {
    expect(eer(values, answers)).toBeCloseTo(rate, 12);
  });

  it('is no number without impostors', () => {
    expect(eer([1, 2], [true, true])).toBeNaN();
  });
});

describe('histogram', () => {
  it('counts each kind, edges to the upper bin, what lies outside at the ends', () => {
    const counts = histogram([0, 0.24, 0.25, 0.99, 1, 7, -1], [true, true, true, false, false, false, true], {
      bins: 4,
      top: 1,
    });
    expect(counts).toEqual({ edges: [0, 0.25, 0.5, 0.75, 1], genuine: [3, 1, 0, 0], impostor: [0, 0, 0, 3] });
  });
});
