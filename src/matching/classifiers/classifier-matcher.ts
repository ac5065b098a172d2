import { probabilityOf } from '../../shared/statistics/sigmoid.js';
import type { Classifier, ClassifierKind } from './classifier.js';
import type { Among, Match, Matcher, MatchQuery } from '../matcher.js';
import type { Decision } from './training/decision.js';

export interface ClassifierMatcherParts {
  readonly kind: ClassifierKind;
  readonly classifier: Classifier;
  readonly decision: Decision;
  /** The people of the training set, in the order of the classifier's indices. */
  readonly names: readonly string[];
  /** Whether a person is still enrolled. People who are not are never named. */
  readonly isEnrolled: (person: number) => boolean;
  /** Provides the distances; the name comes from the classifier. */
  readonly nearest: Matcher;
}

/**
 * Uses a trained classifier instead of the distance threshold. The classifier rates only its most likely person: if
 * that person is not allowed, the face is unknown.
 */
export class ClassifierMatcher implements Matcher {
  readonly id: ClassifierKind;

  constructor(private readonly parts: ClassifierMatcherParts) {
    this.id = parts.kind;
  }

  async match(questions: readonly MatchQuery[], threshold: number, among?: Among): Promise<Match[]> {
    const distances = await this.parts.nearest.match(questions, threshold, among);
    return questions.map((question, i) => ({ ...distances[i], ...this.decide(question, among) }));
  }

  private decide({ embedding, excluded }: MatchQuery, among?: Among): Pick<Match, 'name' | 'probability'> {
    const { classifier, decision, names, isEnrolled } = this.parts;
    const ranking = classifier.rank(embedding);
    if (ranking === null || !isEnrolled(ranking.best)) return { name: null, probability: 0 };
    const best = names[ranking.best];
    if (excluded?.has(best) === true || among?.names.has(best) === false) return { name: null, probability: 0 };
    return {
      name: ranking.score > decision.cutOff ? best : null,
      probability: probabilityOf(decision.sigmoid, ranking.score),
    };
  }
}
