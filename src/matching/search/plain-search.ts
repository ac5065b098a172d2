import type { ExampleRows } from './example-rows.js';
import { nearestFirst, type Hit, type PeopleSearch } from './people-search.js';

/** Every example in turn, in JavaScript: for machines that the native search is not compiled for, and small galleries. */
export class PlainSearch implements PeopleSearch {
  constructor(private readonly examples: ExampleRows) {}

  nearest(embeddings: readonly Float32Array[], people: number, among?: Int32Array): Hit[][] {
    const wanted = among && new Set(among);
    return embeddings.map((embedding) => nearestFirst(this.bestOfEveryone(embedding, wanted)).slice(0, people));
  }

  private bestOfEveryone(embedding: Float32Array, wanted?: ReadonlySet<number>): Map<number, number> {
    const { examples } = this;
    const { matrix, count, dimension } = examples;
    const best = new Map<number, number>();
    for (let row = 0; row < count; row++) {
      const person = examples.ownerOf(row);
      if (person < 0 || wanted?.has(person) === false) continue;
      const squared = squaredDistance(matrix, row * dimension, embedding);
      if (squared < (best.get(person) ?? Infinity)) best.set(person, squared);
    }
    for (const [person, squared] of best) best.set(person, Math.sqrt(squared));
    return best;
  }
}

function squaredDistance(matrix: Float32Array, start: number, embedding: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < embedding.length; i++) sum += (embedding[i] - matrix[start + i]) ** 2;
  return sum;
}
