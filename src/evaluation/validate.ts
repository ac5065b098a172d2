import { RostroError } from '../shared/errors.js';
import { crossValidate, type CrossValidation, type DistancesForTraining } from './cross-validation.js';
import {
  accuracyAt,
  auc,
  eer,
  histogram,
  ratesAt,
  rocOf,
  type Histogram,
  type RocPoint,
} from '../shared/statistics/metrics.js';
import { centred, meanOf } from '../shared/statistics/vectors.js';
import { euclideanDistance } from '../matching/matcher.js';
import type { EmbeddedPair } from './pairs.js';

export interface ValidateOptions {
  /** Subtracts the mean of the training folds and normalises to unit length (`shared/statistics/vectors.ts`). */
  readonly subtractMean: boolean;
  /** The false-accept rate at which the validation rate is measured, 0..1. */
  readonly far: number;
  /** The embedder's own threshold, measured in addition to the chosen ones. */
  readonly ownThreshold: number;
}

export interface Validation extends Omit<CrossValidation, 'heldOut'> {
  readonly genuine: number;
  readonly impostors: number;
  readonly wantedFar: number;
  /** At the embedder's own threshold; null with mean subtraction, which changes the scale. */
  readonly atOwnThreshold: { threshold: number; accuracy: number; far: number; frr: number } | null;
  readonly auc: number;
  readonly eer: number;
  readonly roc: readonly RocPoint[];
  readonly histogram: Histogram;
  /** The impostor pairs with the smallest and the genuine pairs with the largest distances, worst first. */
  readonly worst: { readonly impostors: readonly ScoredPair[]; readonly genuine: readonly ScoredPair[] };
}

export interface ScoredPair {
  readonly pair: EmbeddedPair;
  readonly distance: number;
  /** Whether the threshold of the other folds decides it wrongly. */
  readonly wrong: boolean;
}

const WORST = 12;
const BINS = 60;

/**
 * Runs LFW's protocol on pairs of vectors. AUC, EER, ROC and histogram use the distance of each pair in its test fold.
 * @throws RostroError `bad_pairs` when there is only one fold or one kind of pairs
 */
export function validatePairs(pairs: readonly EmbeddedPair[], options: ValidateOptions): Validation {
  const same = pairs.map((pair) => pair.same);
  const folds = pairs.map(({ fold }) => fold);
  if (new Set(folds).size < 2 || new Set(same).size < 2) {
    throw new RostroError('bad_pairs', 'A validation needs genuine and impostor pairs in at least two folds.');
  }
  const { heldOut, ...crossValidation } = crossValidate({ same, folds }, distancesOf(pairs, options), options.far);
  const genuine = same.filter(Boolean).length;
  const threshold = options.ownThreshold;
  return {
    ...crossValidation,
    genuine,
    impostors: same.length - genuine,
    wantedFar: options.far,
    atOwnThreshold: options.subtractMean
      ? null
      : { threshold, accuracy: accuracyAt(heldOut, same, threshold), ...ratesAt(heldOut, same, threshold) },
    auc: auc(heldOut, same),
    eer: eer(heldOut, same),
    roc: rocOf(heldOut, same),
    histogram: histogram(heldOut, same, { bins: BINS, top: heldOut.reduce((a, b) => Math.max(a, b)) }),
    worst: worstPairs(pairs, heldOut, crossValidation),
  };
}

function distancesOf(pairs: readonly EmbeddedPair[], { subtractMean }: ValidateOptions): DistancesForTraining {
  if (!subtractMean) {
    const distances = pairs.map(({ first, second }) => euclideanDistance(first.vector, second.vector));
    return () => distances;
  }
  return (training) => {
    const mean = meanOf(training.flatMap((i) => [pairs[i].first.vector, pairs[i].second.vector]));
    return pairs.map(({ first, second }) =>
      euclideanDistance(centred(first.vector, mean), centred(second.vector, mean)),
    );
  };
}

function worstPairs(
  pairs: readonly EmbeddedPair[],
  distances: Float64Array,
  { folds }: Pick<CrossValidation, 'folds'>,
): Validation['worst'] {
  const thresholds = new Map(folds.map(({ fold, threshold }) => [fold, threshold]));
  const scored = pairs.map((pair, i): ScoredPair => {
    const accepted = distances[i] <= thresholds.get(pair.fold)!;
    return { pair, distance: distances[i], wrong: accepted !== pair.same };
  });
  const ascending = scored.sort((a, b) => a.distance - b.distance);
  return {
    impostors: ascending.filter(({ pair }) => !pair.same).slice(0, WORST),
    genuine: ascending
      .filter(({ pair }) => pair.same)
      .slice(-WORST)
      .reverse(),
  };
}
