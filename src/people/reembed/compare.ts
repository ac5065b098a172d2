import { euclideanDistance } from '../../matching/distance.js';
import type { Engine } from '../../engine/engine.js';
import type { EmbeddedPerson } from '../../gallery/gallery.js';
import { compareExamples } from '../examination.js';
import type { Reembedded } from './prepare.js';

/** Two people whom the other embedder may take for one. */
export interface Collision {
  readonly people: readonly [string, string];
  /** Between their nearest examples, by the other embedder. */
  readonly distance: number;
  /** Between their nearest examples, by the embedder that the gallery answers with now; null where it knows one of them not. */
  readonly before: number | null;
}

/** Pairs within the threshold of the other embedder: for everyone the nearest such person, the nearest pair first. */
export async function collisions(
  people: readonly Reembedded[],
  threshold: number,
  engine: Engine,
): Promise<readonly Collision[]> {
  const moved = peopleWithRows(people);
  const before = new Map(people.map(({ person }) => [person.name, person]));
  const { nearPeople } = await compareExamples(moved, threshold, engine);
  return nearPeople.map(({ a, b, distance }) => ({
    people: [a.name, b.name],
    distance,
    before: nearest(before.get(a.name)!, before.get(b.name)!),
  }));
}

/** Everyone who has a row of the other embedder, as a gallery of that one would have them. */
export function peopleWithRows(people: readonly Reembedded[]): EmbeddedPerson[] {
  return people.flatMap(({ person, examples }) => (examples.length === 0 ? [] : [{ ...person, examples }]));
}

function nearest(a: EmbeddedPerson, b: EmbeddedPerson): number | null {
  const [rows, others] = [a, b].map(({ examples }) => examples.filter(({ embedding }) => embedding.length > 0));
  if (rows.length === 0 || others.length === 0) return null;
  return Math.min(...rows.flatMap((one) => others.map((other) => euclideanDistance(one.embedding, other.embedding))));
}
