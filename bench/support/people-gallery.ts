import type { SearchableGallery } from '../../src/matching/search/gallery-rows.js';
import { crowd } from '../../test/helpers/people-vectors.js';

export interface PeopleGallery {
  readonly gallery: SearchableGallery;
  /** Row-major, grouped by person. */
  readonly matrix: Float32Array;
  /** A new embedding of an enrolled person. */
  readonly lookAt: (person: number) => Float32Array;
}

/** A gallery in memory, clustered like people; see `crowd`. */
export function peopleGallery(people: number, examples: number, dimension: number): PeopleGallery {
  const { look } = crowd(people, dimension);
  const matrix = new Float32Array(people * examples * dimension);
  const rowOf = (row: number) => matrix.subarray(row * dimension, (row + 1) * dimension);
  const everyone = Array.from({ length: people }, (_, person) => ({
    name: `person ${person}`,
    examples: Array.from({ length: examples }, (_, i) => {
      const embedding = rowOf(person * examples + i);
      look(person, embedding);
      return { embedding };
    }),
  }));
  return {
    gallery: { version: 1, people: () => everyone },
    matrix,
    lookAt: (person) => {
      const embedding = new Float32Array(dimension);
      look(person, embedding);
      return embedding;
    },
  };
}
