import { isUsedBy } from '../gallery.js';
import type { Database, Session } from './database.js';
import type { Mirror } from './mirror.js';
import type { Candidate, VectorIndex } from './vector-index.js';

/** The part of the gallery to search. */
export interface SearchedPart {
  /** Names of the people. */
  readonly names: ReadonlySet<string>;
  /** Leaves out examples that only other groups use. */
  readonly group?: string;
}

export interface FoundPerson {
  readonly name: string;
  /** Euclidean, computed in float64 from the float32 values. */
  readonly distance: number;
}

/** Initial number of candidates. More than people, because the nearest examples often belong to one person. */
const FIRST_EXAMPLES = 40;
/** With more candidates than this, the exact search is used. */
const MAX_EXAMPLES = 400;

/** Finds the nearest people in the database. */
export class DatabaseSearch {
  constructor(
    private readonly parts: {
      readonly database: Database;
      readonly mirror: Mirror;
      readonly index: VectorIndex;
    },
  ) {}

  /**
   * @param people number of people to find, nearest first; fewer only where there are no more
   * @param among the part of the gallery to search; default: all of it
   * @throws RostroError `database_unreachable`
   */
  nearest(
    embeddings: readonly Float32Array[],
    people: number,
    among?: SearchedPart,
  ): Promise<readonly (readonly FoundPerson[])[]> {
    return this.parts.database.snapshot(async (session) => {
      const found: FoundPerson[][] = [];
      for (const embedding of embeddings) {
        const candidates = await this.candidates(session, embedding, people, among);
        found.push(this.named(candidates, embedding).slice(0, people));
      }
      return found;
    });
  }

  private async candidates(
    session: Session,
    embedding: Float32Array,
    people: number,
    among?: SearchedPart,
  ): Promise<readonly Candidate[]> {
    const { index, mirror } = this.parts;
    if (among) {
      const members = [...among.names].flatMap((name) => mirror.find(name) ?? []);
      const keys = members.map(({ key }) => key);
      const unused = members.flatMap(({ person, exampleKeys }) =>
        exampleKeys.filter((_, i) => !isUsedBy(among.group ?? null, person.examples[i])),
      );
      return index.nearestOfEach(session, embedding, people, { keys, unused });
    }
    for (let count = Math.max(FIRST_EXAMPLES, 2 * people); count <= MAX_EXAMPLES; count *= 4) {
      const candidates = await index.nearest(session, embedding, count);
      const isAll = candidates.length < count && candidates.length < MAX_EXAMPLES / 2;
      if (isAll || new Set(candidates.map(({ person }) => person)).size >= people) return candidates;
    }
    return index.nearestOfEach(session, embedding, people, null);
  }

  /** The smallest distance per person. Omits people that are not in memory yet. */
  private named(candidates: readonly Candidate[], embedding: Float32Array): FoundPerson[] {
    const best = new Map<number, number>();
    for (const candidate of candidates) {
      const distance = distanceBetween(candidate.embedding, embedding);
      if (distance < (best.get(candidate.person) ?? Infinity)) best.set(candidate.person, distance);
    }
    const found = [...best].flatMap(([key, distance]) => {
      const name = this.parts.mirror.nameOf(key);
      return name === null ? [] : [{ name, distance }];
    });
    return found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  }
}

function distanceBetween(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
