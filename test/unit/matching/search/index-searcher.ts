import {
  SearchIndex,
  type IndexOptions,
  type RowChanges,
  type Searcher,
} from '../../../../src/matching/search/search-index.js';

/** The index in this thread. */
export class IndexSearcher implements Searcher {
  generation = 1;
  readonly index: SearchIndex;

  constructor(options: IndexOptions) {
    this.index = new SearchIndex(options);
  }

  apply(changes: RowChanges): void {
    this.index.apply(changes);
  }

  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array) {
    return Promise.resolve(this.index.nearest(embeddings, people, among));
  }

  /** Everything that is done beside the searches. */
  settle(): void {
    while (this.index.addWaiting());
  }
}
