import type { Samples } from './samples.js';

export const CLASSIFIER_KINDS = ['nearest', 'centroid', 'knn', 'svm'] as const;
export type ClassifierKind = (typeof CLASSIFIER_KINDS)[number];

/** Who a face looks most like, and how clearly. People are indices into `Samples.names`. */
export interface Ranking {
  readonly best: number;
  /** The one to mix them up with; null where there is only one person. */
  readonly runnerUp: number | null;
  /**
   * Evidence that the face is that of `best` and not of a stranger. Only comparable within one classifier: the higher,
   * the surer. Where it becomes a name is the decision's part (`decision.ts`).
   */
  readonly score: number;
}

/** A classifier that has been trained. */
export interface Classifier {
  /** @returns null where there is nobody to look like */
  rank(embedding: Float32Array): Ranking | null;
}

/** @param strangers rows of people who are not to be named; not every classifier learns from them */
export type Train = (samples: Samples, strangers: Samples) => Classifier;

/**
 * How much the second best person speaks against the best, where the score is made of distances. A stranger is about
 * equally far from several people, a known face clearly nearer to one. Of 0, 0.3, 0.5, 0.7 and 1 the middle one named
 * most known faces at one stranger in a hundred (BENCHMARKS.md, classifiers).
 */
const RIVAL_WEIGHT = 0.5;

/**
 * @param distances of each person, Infinity for one without examples
 * @param winner who is named, where that is not the nearest
 */
export function rankByDistance(
  distances: ArrayLike<number>,
  { rivalWeight = RIVAL_WEIGHT, winner = smallestBut(distances, null) } = {},
): Ranking | null {
  if (winner === null) return null;
  const runnerUp = smallestBut(distances, winner);
  const rival = runnerUp === null ? 0 : rivalWeight * distances[runnerUp];
  return { best: winner, runnerUp, score: rival - distances[winner] };
}

/** @returns the place of the smallest finite value other than that at `excepted`; null where there is none */
export function smallestBut(values: ArrayLike<number>, excepted: number | null): number | null {
  let smallest: number | null = null;
  for (let i = 0; i < values.length; i++) {
    if (i === excepted || values[i] === Infinity) continue;
    if (smallest === null || values[i] < values[smallest]) smallest = i;
  }
  return smallest;
}
