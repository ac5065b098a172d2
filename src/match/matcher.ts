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
}

export interface Matcher {
  /** Stable name: `nearest`, `knn`, `svm`, `centroid`. */
  readonly id: string;
  /** @param threshold plain Euclidean distance at or under which a name is given */
  match(embedding: Float32Array, threshold: number): Match;
}
