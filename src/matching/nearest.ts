import type { Match, Matcher, Named, PeopleFinder, Question } from './matcher.js';
import { GalleryRows, type SearchableGallery } from './search/gallery-rows.js';
import { type Hit, LocalSearcher, type Searcher } from './search/people-search.js';

/** The nearest person and the runner-up. */
export const PEOPLE_TOLD = 2;
/** Searches that are begun anew when the searcher is lost meanwhile. */
const ATTEMPTS = 3;

/** Names the person of the nearest example when it is within the threshold: the original system's rule. */
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

  /** @throws RostroError `worker_restarted` when the searcher is lost again and again */
  async match(questions: readonly Question[], threshold: number, among?: ReadonlySet<string>): Promise<Match[]> {
    if (questions.length === 0) return [];
    const excepted = Math.max(...questions.map(({ without }) => without?.size ?? 0));
    const embeddings = questions.map(({ embedding }) => embedding);
    const found = await this.nearest(embeddings, PEOPLE_TOLD + excepted, among);
    return found.map((people, i) => answerOf(people, questions[i], threshold));
  }

  /** @throws RostroError `worker_restarted` when the searcher is lost again and again */
  async nearest(embeddings: readonly Float32Array[], people: number, among?: ReadonlySet<string>): Promise<Named[][]> {
    for (let attempt = 1; embeddings.length > 0; attempt++) {
      const found = await this.search(embeddings, people, among).catch((error: unknown) => {
        if (this.generation === this.searcher.generation || attempt >= ATTEMPTS) throw error;
        return null;
      });
      if (found !== null) return found.map((list) => list.sort(nearerFirst));
    }
    return [];
  }

  /** Tells the searcher what has changed in the gallery. */
  follow(): void {
    if (this.generation !== this.searcher.generation) {
      this.generation = this.searcher.generation;
      this.rows = new GalleryRows(this.gallery);
    }
    const changes = this.rows.changes();
    if (changes !== null) this.searcher.apply(changes);
  }

  /** @returns null where somebody was erased or renamed between question and answer: it is to be asked again */
  private async search(
    embeddings: readonly Float32Array[],
    people: number,
    among?: ReadonlySet<string>,
  ): Promise<Named[][] | null> {
    this.follow();
    const { rows } = this;
    const checkedOnes = embeddings.map((embedding) => checked(embedding, rows.dimension));
    const numbers = among && rows.numbersOf(among);
    const hits = await this.searcher.nearest(checkedOnes, people, numbers);
    this.follow();
    if (rows !== this.rows) return null;
    const found = hits.map((list) => list.map((hit) => named(hit, rows)).filter((one) => one !== null));
    return found.every((list, i) => list.length === hits[i].length) ? found : null;
  }
}

/** @returns null for a person who is gone */
function named({ person, distance }: Hit, rows: GalleryRows): Named | null {
  const name = rows.nameOf(person);
  return name === null ? null : { name, distance };
}

/** What is said of the nearest people. */
export function answerOf(people: readonly Named[], { without }: Question, threshold: number): Match {
  const left = people.filter(({ name }) => without?.has(name) !== true).sort(nearerFirst);
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

/** Of two people at the same distance always the same one comes first. */
function nearerFirst(a: Named, b: Named): number {
  return a.distance - b.distance || (a.name < b.name ? -1 : 1);
}

function checked(embedding: Float32Array, dimension: number | null): Float32Array {
  if (dimension === null || embedding.length === dimension) return embedding;
  throw new Error(`an embedding of ${embedding.length} values cannot be searched among rows of ${dimension}`);
}

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
