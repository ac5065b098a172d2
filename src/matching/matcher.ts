/** The result for one embedding. */
export interface Match {
  /** The person's name; null for unknown: nobody within the threshold, or the classifier is not certain enough. */
  readonly name: string | null;
  /** The person with the nearest example, whether within the threshold or not; null in an empty gallery. */
  readonly nearest: string | null;
  /** Euclidean distance to that example; null in an empty gallery. */
  readonly distance: number | null;
  /** The second nearest person, by their nearest example. */
  readonly runnerUp: { readonly name: string; readonly distance: number } | null;
  /** Distance of the runner-up minus `distance`; the larger, the more certain. */
  readonly margin: number | null;
  /**
   * Trained classifiers only: the probability that the most likely person is the right one, 0..1, even if it was too
   * low for a name.
   */
  readonly probability?: number;
  /**
   * The name that was given to a nearer face of the same image. The other fields are as if that person were not
   * enrolled.
   */
  readonly taken?: string;
  /**
   * People who did not get the face, although they were nearest, because one of their negatives is nearer still. The other
   * fields are as if they were not enrolled.
   */
  readonly excluded?: readonly string[];
}

export interface MatchQuery {
  readonly embedding: Float32Array;
  /** Names to exclude: the result is as if these people were not enrolled. */
  readonly excluded?: ReadonlySet<string>;
}

/** The part of the gallery that is searched. */
export interface Among {
  /** Names of the people. */
  readonly names: ReadonlySet<string>;
  /** Leaves out examples that only other groups use; absent: all examples of these people. */
  readonly group?: string;
}

export interface Matcher {
  /** `nearest`, `knn`, `svm` or `centroid`. */
  readonly id: string;
  /**
   * Matches all faces of one image in one call, because a search for many takes hardly longer than for one. Uses the
   * state of the gallery at the time of the call.
   * @param threshold Euclidean distance up to which a name is given
   * @param among default: everyone
   * @returns one match per query, in order
   */
  match(questions: readonly MatchQuery[], threshold: number, among?: Among): Promise<Match[]>;
}

/** A person and the distance to their nearest example. */
export interface NearestPerson {
  readonly name: string;
  /** Euclidean. */
  readonly distance: number;
}

/** Finds the nearest people to embeddings. */
export interface PeopleFinder {
  /**
   * @param people number of people per embedding, nearest first; fewer only when there are not more
   * @param among default: everyone
   */
  nearest(
    embeddings: readonly Float32Array[],
    people: number,
    among?: Among,
  ): Promise<readonly (readonly NearestPerson[])[]>;
}

/** Euclidean distance. @throws Error when the lengths differ */
export function euclideanDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`embeddings of ${a.length} and ${b.length} values cannot be compared`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/** Provides the matcher for the current state of the gallery. */
export interface MatcherSource {
  /** The matcher to use for the next image. */
  current(): Matcher;
  /** Why another matcher than the configured one is in use, in one sentence; null otherwise. */
  readonly note: string | null;
  /** Whether it is retrained when the gallery changes. */
  readonly retrains: boolean;
  /** Resolves when the matcher is up to date with the gallery. Commands await it, the server does not. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** A matcher that needs no training. */
export function fixedMatcherSource(matcher: Matcher): MatcherSource {
  return {
    current: () => matcher,
    note: null,
    retrains: false,
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
