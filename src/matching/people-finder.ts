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
