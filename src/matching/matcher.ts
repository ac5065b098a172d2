/** What a matcher says of one embedding. */
export interface Match {
  /** The person, or null for unknown: nobody is within the threshold, or the classifier is not sure enough. */
  readonly name: string | null;
  /** The person whose example lies nearest, within the threshold or not; null in an empty gallery. */
  readonly nearest: string | null;
  /** Plain Euclidean distance to that example; null in an empty gallery. */
  readonly distance: number | null;
  /** The second nearest *person*, by their own nearest example. */
  readonly runnerUp: { readonly name: string; readonly distance: number } | null;
  /** How much further away the runner-up is: the larger, the safer the name. */
  readonly margin: number | null;
  /**
   * Of a trained classifier: the chance that the person it holds for likeliest is the right one, 0..1, whether or not it
   * was enough for a name.
   */
  readonly probability?: number;
  /**
   * Who it would have been, had not another face of the same picture been nearer to them. Everything else is said as
   * if that person were not enrolled.
   */
  readonly taken?: string;
}

export interface Question {
  readonly embedding: Float32Array;
  /** Names of people whom it cannot be: it is answered as if they were not enrolled. */
  readonly without?: ReadonlySet<string>;
}

export interface Matcher {
  /** Stable name: `nearest`, `knn`, `svm`, `centroid`. */
  readonly id: string;
  /**
   * Everything that is asked of one picture at once, because a search through the gallery for many takes hardly longer than
   * one for one. Knows of every change of the gallery before the call.
   * @param threshold plain Euclidean distance at or under which a name is given
   * @param among names of the only people whom it can be: it is answered as if nobody else were enrolled
   * @returns an answer a question, in their order
   */
  match(questions: readonly Question[], threshold: number, among?: ReadonlySet<string>): Promise<Match[]>;
}

/** A person by the nearest of their examples. */
export interface Named {
  readonly name: string;
  /** Plain Euclidean. */
  readonly distance: number;
}

/** Who lies nearest to an embedding: as many people as are asked for, not only the one to name. */
export interface PeopleFinder {
  /**
   * @param people wanted of each embedding, nearest first; fewer only where there are no more
   * @param among names of the only people who count
   */
  nearest(
    embeddings: readonly Float32Array[],
    people: number,
    among?: ReadonlySet<string>,
  ): Promise<readonly (readonly Named[])[]>;
}

/** Plain Euclidean distance; throws where the lengths differ, because such a distance would mean nothing. */
export function euclideanDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`embeddings of ${a.length} and ${b.length} values cannot be compared`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
