import type { Match, Matcher } from './matcher.js';

/** The part of a gallery that a nearest-example search reads. */
export interface SearchableGallery {
  /** Grows with every change. */
  readonly version: number;
  people(): readonly { readonly name: string; readonly examples: readonly { readonly embedding: Float32Array }[] }[];
}

/** All examples in one row-major matrix, and whose row is whose. */
interface Rows {
  readonly version: number;
  readonly names: readonly string[];
  /** Index into `names` of each row's person. */
  readonly person: Int32Array;
  readonly matrix: Float32Array;
  readonly dimension: number;
}

/** Plain Euclidean distance; throws where the lengths differ, because such a distance would mean nothing. */
export function euclideanDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`embeddings of ${a.length} and ${b.length} values cannot be compared`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/** Names the person of the nearest example when it is within the threshold: the original system's rule. */
export class NearestMatcher implements Matcher {
  readonly id = 'nearest';
  private rows: Rows | null = null;

  constructor(private readonly gallery: SearchableGallery) {}

  match(embedding: Float32Array, threshold: number): Match {
    const rows = this.currentRows();
    const best = nearestPerPerson(rows, embedding);
    let first = -1;
    let second = -1;
    for (let i = 0; i < best.length; i++) {
      if (first < 0 || best[i] < best[first]) [first, second] = [i, first];
      else if (second < 0 || best[i] < best[second]) second = i;
    }
    if (first < 0) return { name: null, nearest: null, distance: null, runnerUp: null, margin: null };

    const distance = Math.sqrt(best[first]);
    const runnerUp = second < 0 ? null : { name: rows.names[second], distance: Math.sqrt(best[second]) };
    return {
      name: distance <= threshold ? rows.names[first] : null,
      nearest: rows.names[first],
      distance,
      runnerUp,
      margin: runnerUp && runnerUp.distance - distance,
    };
  }

  private currentRows(): Rows {
    if (this.rows?.version !== this.gallery.version) this.rows = buildRows(this.gallery);
    return this.rows;
  }
}

function buildRows(gallery: SearchableGallery): Rows {
  const people = gallery.people().filter(({ examples }) => examples.length > 0);
  const dimension = people[0]?.examples[0].embedding.length ?? 0;
  const count = people.reduce((sum, { examples }) => sum + examples.length, 0);
  const matrix = new Float32Array(count * dimension);
  const person = new Int32Array(count);
  let row = 0;
  people.forEach(({ examples }, index) => {
    for (const { embedding } of examples) {
      person[row] = index;
      matrix.set(embedding, row++ * dimension);
    }
  });
  return { version: gallery.version, names: people.map(({ name }) => name), person, matrix, dimension };
}

/** @returns the squared distance to the nearest example of each person, in the order of `rows.names` */
function nearestPerPerson({ names, person, matrix, dimension }: Rows, embedding: Float32Array): Float64Array {
  const best = new Float64Array(names.length).fill(Infinity);
  if (names.length > 0 && embedding.length !== dimension) {
    throw new Error(`an embedding of ${embedding.length} values cannot be searched among rows of ${dimension}`);
  }
  for (let row = 0; row < person.length; row++) {
    let sum = 0;
    for (let i = 0, at = row * dimension; i < dimension; i++, at++) sum += (embedding[i] - matrix[at]) ** 2;
    if (sum < best[person[row]]) best[person[row]] = sum;
  }
  return best;
}
