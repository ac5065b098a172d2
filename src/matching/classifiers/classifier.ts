import type { Samples } from './samples.js';

export const CLASSIFIER_KINDS = ['nearest', 'centroid', 'knn', 'svm'] as const;
export type ClassifierKind = (typeof CLASSIFIER_KINDS)[number];

/** The most likely person for a face and the confidence. People are indices into `Samples.names`. */
export interface Ranking {
  readonly best: number;
  /** The second most likely person; null when there is only one. */
  readonly runnerUp: number | null;
  /**
   * Evidence for `best` against a stranger, higher is more certain. Comparable only within one classifier. The cut-off
   * for giving a name is part of the decision (`training/decision.ts`).
   */
  readonly score: number;
}

/** A trained classifier. */
export interface Classifier {
  /** @returns null when there are no people */
  rank(embedding: Float32Array): Ranking | null;
}

/** @param strangers samples of unknown people; not all classifiers use them */
export type Train = (samples: Samples, strangers: Samples) => Classifier;

/**
 * Weight of the runner-up's distance in the score. A stranger is about equally far from several people, a known face is
 * clearly nearer to one. Of 0, 0.3, 0.5, 0.7 and 1, 0.5 named most known faces at a false-accept rate of 1 %
 * (docs/benchmarks.md, classifiers).
 */
const RIVAL_WEIGHT = 0.5;

/**
 * @param distances per person, Infinity for people without examples
 * @param winner the best person, if not the nearest
 */
export function rankByDistance(
  distances: ArrayLike<number>,
  { rivalWeight = RIVAL_WEIGHT, winner = argMin(distances, null) } = {},
): Ranking | null {
  if (winner === null) return null;
  const runnerUp = argMin(distances, winner);
  const rival = runnerUp === null ? 0 : rivalWeight * distances[runnerUp];
  return { best: winner, runnerUp, score: rival - distances[winner] };
}

/** @returns the index of the smallest finite value except `excepted`; null when there is none */
export function argMin(values: ArrayLike<number>, excepted: number | null): number | null {
  let smallest: number | null = null;
  for (let i = 0; i < values.length; i++) {
    if (i === excepted || values[i] === Infinity) continue;
    if (smallest === null || values[i] < values[smallest]) smallest = i;
  }
  return smallest;
}
