import { accuracyAt, bestThreshold, ratesAt, valAtFar } from '../shared/statistics/metrics.js';

/** Pairs and the fold of each. */
export interface FoldedPairs {
  readonly same: readonly boolean[];
  readonly folds: readonly number[];
}

/**
 * Returns the distances of all pairs, learning from the `training` pairs only (indices, ascending). A fixed distance
 * ignores them; one with mean subtraction computes the mean from them.
 */
export type DistancesForTraining = (training: readonly number[]) => ArrayLike<number>;

export interface FoldResult {
  readonly fold: number;
  readonly pairs: number;
  /** Chosen on the other folds. */
  readonly threshold: number;
  readonly accuracy: number;
  /** Share of genuine and of impostor pairs accepted, at the threshold that gives the wanted FAR on the other folds. */
  readonly val: number;
  readonly far: number;
}

export interface MeanAndDeviation {
  readonly mean: number;
  /** Standard deviation over the folds (divided by their number, as numpy.std and published LFW results). */
  readonly deviation: number;
}

export interface CrossValidation {
  readonly folds: readonly FoldResult[];
  readonly accuracy: MeanAndDeviation;
  readonly threshold: MeanAndDeviation;
  readonly val: MeanAndDeviation;
  readonly far: MeanAndDeviation;
  /** The distance of each pair when its own fold was the test fold. */
  readonly heldOut: Float64Array;
}

/**
 * LFW's protocol: each fold is tested with the threshold chosen on the others. Follows `calculate_roc` and
 * `calculate_val` of davidsandberg/facenet (src/facenet.py), but tries all distinct thresholds instead of a grid.
 * @param far wanted false-accept rate, 0..1
 */
export function crossValidate(pairs: FoldedPairs, distancesGiven: DistancesForTraining, far: number): CrossValidation {
  const heldOut = new Float64Array(pairs.same.length);
  const indices = pairs.same.map((_, i) => i);
  const folds = [...new Set(pairs.folds)].sort((a, b) => a - b);
  if (folds.length < 2) throw new Error(`cross-validation needs two folds or more, not ${folds.length}`);
  const results = folds.map((fold) => {
    const training = indices.filter((i) => pairs.folds[i] !== fold);
    const test = indices.filter((i) => pairs.folds[i] === fold);
    const distances = distancesGiven(training);
    for (const i of test) heldOut[i] = distances[i];
    return testFold(fold, pick(training, distances, pairs.same), pick(test, distances, pairs.same), far);
  });
  const spread = (value: (result: FoldResult) => number) => meanAndDeviation(results.map(value));
  return {
    folds: results,
    accuracy: spread(({ accuracy }) => accuracy),
    threshold: spread(({ threshold }) => threshold),
    val: spread(({ val }) => val),
    far: spread((result) => result.far),
    heldOut,
  };
}

interface Part {
  readonly distances: readonly number[];
  readonly same: readonly boolean[];
}

function testFold(fold: number, training: Part, test: Part, wantedFar: number): FoldResult {
  const threshold = bestThreshold(training.distances, training.same);
  const strict = valAtFar(training.distances, training.same, wantedFar).threshold;
  const { far, frr } = ratesAt(test.distances, test.same, strict);
  const accuracy = accuracyAt(test.distances, test.same, threshold);
  return { fold, pairs: test.same.length, threshold, accuracy, val: 1 - frr, far };
}

function pick(indices: readonly number[], distances: ArrayLike<number>, same: readonly boolean[]): Part {
  return { distances: indices.map((i) => distances[i]), same: indices.map((i) => same[i]) };
}

/** Ignores NaN, the value of a fold without pairs of a kind. */
export function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / known.length) };
}
