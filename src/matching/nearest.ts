import type { Among, Match, Matcher, NearestPerson, PeopleFinder, MatchQuery } from './matcher.js';
import { GalleryRows, type SearchableGallery } from './search/gallery-rows.js';
import type { Hit } from './search/people-search.js';
import { LocalSearcher, type Searcher } from './search/search-index.js';

/** People per match: the nearest one and the runner-up. */
export const PEOPLE_PER_MATCH = 2;
/** Attempts of a search when the searcher restarts meanwhile. */
const ATTEMPTS = 3;

/** Returns the person of the nearest example if it is within the threshold, as in the original system. */
export class NearestMatcher implements Matcher, PeopleFinder {
  readonly id = 'nearest';
  private rows: GalleryRows;
  private generation: number;

  constructor(
    private readonly gallery: SearchableGallery,
    private readonly searcher: Searcher = new LocalSearcher(),
  ) {
    this.rows = new GalleryRows(gallery);
    this.generation = searcher.generation;
  }

  /** @throws RostroError `worker_restarted` when the searcher restarts repeatedly */
  async match(questions: readonly MatchQuery[], threshold: number, among?: Among): Promise<Match[]> {
    if (questions.length === 0) return [];
    const excludedCount = Math.max(...questions.map(({ excluded }) => excluded?.size ?? 0));
    const embeddings = questions.map(({ embedding }) => embedding);
    const found = await this.nearest(embeddings, PEOPLE_PER_MATCH + excludedCount, among);
    return found.map((people, i) => matchFrom(people, questions[i], threshold));
  }

  /** @throws RostroError `worker_restarted` when the searcher restarts repeatedly */
  async nearest(embeddings: readonly Float32Array[], people: number, among?: Among): Promise<NearestPerson[][]> {
    for (let attempt = 1; embeddings.length > 0; attempt++) {
      const found = await this.search(embeddings, people, among).catch((error: unknown) => {
        if (this.generation === this.searcher.generation || attempt >= ATTEMPTS) throw error;
        return null;
      });
      if (found !== null) return found.map((list) => list.sort(byDistance));
    }
    return [];
  }

  /** Sends the changes of the gallery to the searcher. */
  sync(): void {
    if (this.generation !== this.searcher.generation) {
      this.generation = this.searcher.generation;
      this.rows = new GalleryRows(this.gallery);
    }
    const changes = this.rows.changes();
    if (changes === null) return;
    this.searcher.apply(changes);
    // The searcher moves the rows when they become too many for it.
    if (this.generation !== this.searcher.generation) this.sync();
  }

  /** @returns null when a person was deleted or renamed during the search, which must then be repeated */
  private async search(
    embeddings: readonly Float32Array[],
    people: number,
    among?: Among,
  ): Promise<NearestPerson[][] | null> {
    this.sync();
    const { rows } = this;
    const queries = embeddings.map((embedding) => checkedEmbedding(embedding, rows.dimension));
    const numbers = among && rows.numbersOf(among);
    const hits = await this.searcher.nearest(queries, people * rows.numbersPerPerson, numbers);
    this.sync();
    if (rows !== this.rows) return null;
    const found = hits.map((list) => list.map((hit) => nearestPerson(hit, rows)).filter((one) => one !== null));
    if (found.some((list, i) => list.length !== hits[i].length)) return null;
    return found.map((list) => firstOfEach(list).slice(0, people));
  }
}

/** A person with several numbers is found with each of them. */
function firstOfEach(people: readonly NearestPerson[]): NearestPerson[] {
  const seen = new Set<string>();
  return people.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** @returns null for a person who was deleted */
function nearestPerson({ person, distance }: Hit, rows: GalleryRows): NearestPerson | null {
  const name = rows.nameOf(person);
  return name === null ? null : { name, distance };
}

/** Builds the match from the nearest people. */
export function matchFrom(people: readonly NearestPerson[], { excluded }: MatchQuery, threshold: number): Match {
  const left = people.filter(({ name }) => excluded?.has(name) !== true).sort(byDistance);
  if (left.length === 0) return { name: null, nearest: null, distance: null, runnerUp: null, margin: null };
  const [{ name, distance }, second] = left;
  const runnerUp = left.length > 1 ? second : null;
  return {
    name: distance <= threshold ? name : null,
    nearest: name,
    distance,
    runnerUp,
    margin: runnerUp && runnerUp.distance - distance,
  };
}

/** Ties are ordered by name, so that results are deterministic. */
function byDistance(a: NearestPerson, b: NearestPerson): number {
  return a.distance - b.distance || (a.name < b.name ? -1 : 1);
}

function checkedEmbedding(embedding: Float32Array, dimension: number | null): Float32Array {
  if (dimension === null || embedding.length === dimension) return embedding;
  throw new Error(`an embedding of ${embedding.length} values cannot be searched among rows of ${dimension}`);
}

/** Like `NearestMatcher`, for a gallery with its own search (PostgreSQL with pgvector). */
export class RemoteNearestMatcher implements Matcher, PeopleFinder {
  readonly id = 'nearest';

  constructor(private readonly finder: PeopleFinder) {}

  /** @throws RostroError `database_unreachable` */
  async match(questions: readonly MatchQuery[], threshold: number, among?: Among): Promise<Match[]> {
    if (questions.length === 0) return [];
    const excludedCount = Math.max(...questions.map(({ excluded }) => excluded?.size ?? 0));
    const embeddings = questions.map(({ embedding }) => embedding);
    const found = await this.finder.nearest(embeddings, PEOPLE_PER_MATCH + excludedCount, among);
    return found.map((people, i) => matchFrom(people, questions[i], threshold));
  }

  /** @throws RostroError `database_unreachable` */
  nearest(
    embeddings: readonly Float32Array[],
    people: number,
    among?: Among,
  ): Promise<readonly (readonly NearestPerson[])[]> {
    return this.finder.nearest(embeddings, people, among);
  }
}
