import type { Match, Matcher, Question } from './matcher.js';
import { answerOf, PEOPLE_TOLD } from './nearest.js';
import type { Named, PeopleFinder } from './people-finder.js';

/** As `NearestMatcher`, for a gallery that searches by itself. */
export class DistantNearest implements Matcher, PeopleFinder {
  readonly id = 'nearest';

  constructor(private readonly finder: PeopleFinder) {}

  /** @throws RostroError `database_unreachable` */
  async match(questions: readonly Question[], threshold: number, among?: ReadonlySet<string>): Promise<Match[]> {
    if (questions.length === 0) return [];
    const excepted = Math.max(...questions.map(({ without }) => without?.size ?? 0));
    const embeddings = questions.map(({ embedding }) => embedding);
    const found = await this.finder.nearest(embeddings, PEOPLE_TOLD + excepted, among);
    return found.map((people, i) => answerOf(people, questions[i], threshold));
  }

  /** @throws RostroError `database_unreachable` */
  nearest(
    embeddings: readonly Float32Array[],
    people: number,
    among?: ReadonlySet<string>,
  ): Promise<readonly (readonly Named[])[]> {
    return this.finder.nearest(embeddings, people, among);
  }
}
