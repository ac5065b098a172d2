import { chanceOf } from '../evaluate/sigmoid.js';
import type { Classifier, ClassifierKind } from './classifier.js';
import type { Match, Matcher } from './matcher.js';
import type { Decision } from './training/decision.js';

export interface ClassifierMatcherParts {
  readonly kind: ClassifierKind;
  readonly classifier: Classifier;
  readonly decision: Decision;
  /** The people that it was trained on, in the order of its indices. */
  readonly names: readonly string[];
  /** Whether that person is still there. One who is not is never named. */
  readonly isThere: (person: number) => boolean;
  /** Tells the distances; the name is the classifier's. */
  readonly nearest: Matcher;
}

/** A trained classifier in the place of the distance threshold. */
export class ClassifierMatcher implements Matcher {
  readonly id: ClassifierKind;

  constructor(private readonly parts: ClassifierMatcherParts) {
    this.id = parts.kind;
  }

  match(embedding: Float32Array, threshold: number): Match {
    const { classifier, decision, names, isThere, nearest } = this.parts;
    const distances = nearest.match(embedding, threshold);
    const ranking = classifier.rank(embedding);
    if (ranking === null || !isThere(ranking.best)) return { ...distances, name: null, probability: 0 };
    return {
      ...distances,
      name: ranking.score > decision.cutOff ? names[ranking.best] : null,
      probability: chanceOf(decision.sigmoid, ranking.score),
    };
  }
}
