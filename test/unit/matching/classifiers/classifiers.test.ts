import { describe, expect, it } from 'vitest';
import {
  chooseK,
  trainCentroids,
  trainKnn,
  trainNearest,
} from '../../../../src/matching/classifiers/instance-based.js';
import { cloud, samplesFrom } from '../../../helpers/samples-of.js';

/** Made with numpy.random.default_rng(3); the answers below are scikit-learn 1.9.1's. */
const THREE = samplesFrom({
  a: [
    [2.0625, -2.5625],
    [0.4375, -0.5625],
    [-0.4375, -0.1875],
    [-2, -0.25],
    [-0.875, 3.3125],
    [0.25, -0.375],
  ],
  b: [
    [0.6875, 0.3125],
    [-0.0625, 0.625],
    [1.5, 0.75],
    [1.9375, 0.8125],
    [1, 2.5625],
    [1.5625, 0.5],
  ],
  c: [
    [-0.1875, 0.5625],
    [1.9375, -0.25],
    [-0.25, 1],
    [-0.875, -0.3125],
    [0.875, 0.5625],
    [0.0625, 0.6875],
  ],
});
const PROBES = [
  [-2.3125, 1.5],
  [-0.4375, -1.1875],
  [0.75, 1.1875],
  [0.0625, -0.5625],
  [0.5, 0.4375],
  [1.875, 1.25],
  [0.6875, 1.625],
  [0.3125, -0.4375],
  [1.0625, 1.0625],
  [0.3125, -0.3125],
  [0.75, -2],
  [1.1875, 1],
].map((row) => Float32Array.from(row));

describe('k nearest neighbours', () => {
  it.each([
    [1, [0, 2, 2, 0, 1, 1, 1, 0, 2, 0, 0, 1]],
    [3, [0, 0, 2, 0, 2, 1, 2, 0, 1, 0, 0, 1]],
    [5, [2, 0, 1, 0, 1, 1, 2, 0, 1, 0, 0, 1]],
  ])("k = %i answers as KNeighborsClassifier(k, weights='distance')", (k, expected) => {
    const classifier = trainKnn(THREE, k);
    expect(PROBES.map((probe) => classifier.rank(probe)?.best)).toEqual(expected);
  });

  it('scores a known face above a stranger between two people, though both win their vote', () => {
    const samples = samplesFrom({ left: cloud([0, 0], 5, 0.1), right: cloud([4, 0], 5, 0.1) });
    const classifier = trainKnn(samples, 3);
    const known = classifier.rank(Float32Array.of(0.1, 0.1))!;
    const between = classifier.rank(Float32Array.of(1.9, 0))!;
    expect([known.best, known.runnerUp, between.best]).toEqual([0, 1, 0]);
    expect(known.score - between.score).toBeGreaterThan(2);
  });

  it('scores by half the distance to the runner-up less the own, both harmonic means of the k nearest', () => {
    const samples = samplesFrom({
      own: [
        [1, 0],
        [3, 0],
        [9, 0],
      ],
      other: [
        [0, 4],
        [0, 4],
      ],
    });
    const { score } = trainKnn(samples, 2).rank(Float32Array.of(0, 0))!;
    expect(score).toBeCloseTo(0.5 * 4 - 2 / (1 / 1 + 1 / 3), 6);
  });

  it('is not undone by an example at no distance', () => {
    expect(trainKnn(THREE, 3).rank(Float32Array.of(0.25, -0.375))).toMatchObject({ best: 0 });
  });

  it('chooses the k that finds most people when each example is left out', () => {
    // Each person has one example amidst the other's: their nearest neighbour is wrong, their three nearest are not.
    const mixed = samplesFrom({
      a: [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
        [10.4, 10.4],
      ],
      b: [
        [10, 10],
        [11, 10],
        [10, 11],
        [11, 11],
        [0.4, 0.4],
      ],
    });
    expect(chooseK(mixed)).toBe(3);
  });
});

describe('the nearest centroid', () => {
  it('answers as NearestCentroid', () => {
    const classifier = trainCentroids(THREE);
    expect(PROBES.map((probe) => classifier.rank(probe)?.best)).toEqual([0, 0, 1, 0, 2, 1, 1, 0, 1, 0, 0, 1]);
  });
});

describe('the nearest example', () => {
  it('scores by its distance alone', () => {
    const classifier = trainNearest(
      samplesFrom({
        a: [[0, 0]],
        b: [
          [3, 4],
          [9, 9],
        ],
      }),
    );
    expect(classifier.rank(Float32Array.of(3, 0))).toEqual({ best: 0, runnerUp: 1, score: -3 });
  });
});

describe.each([
  ['nearest', trainNearest],
  ['centroid', trainCentroids],
  ['knn', (samples: typeof THREE) => trainKnn(samples, 3)],
] as const)('%s', (_, train) => {
  it('knows nobody where nobody is, and no runner-up where there is one person', () => {
    expect(train(samplesFrom({})).rank(new Float32Array())).toBeNull();
    expect(train(samplesFrom({ a: [[1, 2]] })).rank(Float32Array.of(1, 2))).toMatchObject({ best: 0, runnerUp: null });
  });

  it('refuses an embedding of another length', () => {
    expect(() => train(THREE).rank(Float32Array.of(1))).toThrow(/1 values cannot be searched among rows of 2/);
  });
});
