import { chanceOf } from '../../shared/statistics/sigmoid.js';
import type { Classifier, ClassifierKind } from './classifier.js';
import type { Match, Matcher, Question } from '../matcher.js';
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

/**
 * A trained classifier in the place of the distance threshold. It knows how sure it is of one person only: a face that
 * cannot be that one is unknown.
 */
export class ClassifierMatcher implements Matcher {
  readonly id: ClassifierKind;

  constructor(private readonly parts: ClassifierMatcherParts) {
    this.id = parts.kind;
  }

  async match(questions: readonly Question[], threshold: number, among?: ReadonlySet<string>): Promise<Match[]> {
    const distances = await this.parts.nearest.match(questions, threshold, among);
    return questions.map((question, i) => ({ ...distances[i], ...this.decide(question, among) }));
  }

  private decide({ embedding, without }: Question, among?: ReadonlySet<string>): Pick<Match, 'name' | 'probability'> {
    const { classifier, decision, names, isThere } = this.parts;
    const ranking = classifier.rank(embedding);
    if (ranking === null || !isThere(ranking.best)) return { name: null, probability: 0 };
    const best = names[ranking.best];
    if (without?.has(best) === true || among?.has(best) === false) return { name: null, probability: 0 };
    return {
      name: ranking.score > decision.cutOff ? best : null,
      probability: chanceOf(decision.sigmoid, ranking.score),
    };
  }
}
