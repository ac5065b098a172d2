import type { Gallery } from '../gallery/gallery.js';
import {
  type Among,
  euclideanDistance,
  type Match,
  type Matcher,
  type MatcherSource,
  type MatchQuery,
  type NearestPerson,
  type PeopleFinder,
} from './matcher.js';

/**
 * Whether a face does not get a name because it is nearer to a negative than to every example. `bench/corrections.ts`
 * measures the rule.
 * @param distance to the nearest example of the person
 * @param negatives embeddings of faces that are not of the person
 */
export function isExcluded(embedding: Float32Array, distance: number, negatives: readonly Float32Array[]): boolean {
  return negatives.some((negative) => euclideanDistance(embedding, negative) < distance);
}

export interface CorrectionParts {
  readonly gallery: Pick<Gallery, 'version' | 'people'>;
  /** Gives the distance to a person whom a trained classifier chose. */
  readonly finder: PeopleFinder;
}

/** Keeps the names of people away from faces that are nearer to one of their negatives than to their examples. */
export class Corrections implements PeopleFinder {
  private version: number | null = null;
  private readonly negatives = new Map<string, readonly Float32Array[]>();
  private readonly matchers = new WeakMap<Matcher, Matcher>();

  constructor(private readonly parts: CorrectionParts) {}

  /** A source with the same matchers, which heed the negatives. */
  source(inner: MatcherSource): MatcherSource {
    return {
      current: () => this.matcher(inner.current()),
      get note() {
        return inner.note;
      },
      retrains: inner.retrains,
      ready: () => inner.ready(),
      close: () => inner.close(),
    };
  }

  /** As the finder, without the people whom the negatives exclude. */
  async nearest(
    embeddings: readonly Float32Array[],
    people: number,
    among?: Among,
  ): Promise<readonly (readonly NearestPerson[])[]> {
    for (let asked = people; ;) {
      const found = await this.parts.finder.nearest(embeddings, asked, among);
      const left = found.map((list, i) =>
        list.filter(({ name, distance }) => !this.excludes(name, embeddings[i], distance)),
      );
      const missing = left.map((list, i) => (found[i].length < asked ? 0 : people - list.length));
      const most = Math.max(0, ...missing);
      if (most === 0) return left.map((list) => list.slice(0, people));
      asked += most;
    }
  }

  private matcher(inner: Matcher): Matcher {
    const known = this.matchers.get(inner);
    if (known) return known;
    const corrected: Matcher = {
      id: inner.id,
      match: (questions, threshold, among) => this.match(inner, questions, threshold, among),
    };
    this.matchers.set(inner, corrected);
    return corrected;
  }

  /** Asks again, without the excluded person, until no negative speaks against the name. */
  private async match(
    inner: Matcher,
    questions: readonly MatchQuery[],
    threshold: number,
    among?: Among,
  ): Promise<Match[]> {
    const matches = await inner.match(questions, threshold, among);
    let open = [...matches.keys()];
    for (;;) {
      const wrong = await Promise.all(open.map((i) => this.isWrong(matches[i], questions[i], among)));
      open = open.filter((_, k) => wrong[k]);
      if (open.length === 0) return matches;
      const excluded = open.map((i) => [...(matches[i].excluded ?? []), matches[i].name!]);
      const queries = open.map((i, k) => ({
        embedding: questions[i].embedding,
        excluded: new Set([...(questions[i].excluded ?? []), ...excluded[k]]),
      }));
      const others = await inner.match(queries, threshold, among);
      open.forEach((i, k) => (matches[i] = { ...others[k], excluded: excluded[k] }));
    }
  }

  private async isWrong({ name, nearest, distance }: Match, { embedding }: MatchQuery, among?: Among) {
    if (name === null || !this.current().has(name)) return false;
    if (name === nearest) return this.excludes(name, embedding, distance!);
    const [found] = await this.parts.finder.nearest([embedding], 1, { ...among, names: new Set([name]) });
    return found.some((own) => this.excludes(name, embedding, own.distance));
  }

  private excludes(name: string, embedding: Float32Array, distance: number): boolean {
    return isExcluded(embedding, distance, this.current().get(name) ?? []);
  }

  /** The people with negatives. */
  private current(): ReadonlyMap<string, readonly Float32Array[]> {
    const { version } = this.parts.gallery;
    if (this.version === version) return this.negatives;
    this.version = version;
    this.negatives.clear();
    for (const { name, negatives = [] } of this.parts.gallery.people()) {
      const embeddings = negatives.flatMap(({ embedding }) => embedding ?? []);
      if (embeddings.length > 0) this.negatives.set(name, embeddings);
    }
    return this.negatives;
  }
}
