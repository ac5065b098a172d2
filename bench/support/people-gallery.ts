import { seededRandom } from '../../src/shared/statistics/random.js';
import type { SearchableGallery } from '../../src/matching/search/gallery-rows.js';
import { crowd } from '../../test/helpers/people-vectors.js';

/** The embeddings of MobileFaceNet lie in 63 dimensions, those of FaceNet in 53 (docs/benchmarks.md, search-approx). */
export const SPACE = 64;
/** Share of the variance in those that `crowd` leaves empty. */
const WEAK = 0.01;

export interface PeopleGallery {
  readonly gallery: SearchableGallery;
  /** Row-major, grouped by person. */
  readonly matrix: Float32Array;
  /** A new embedding of a person, who is enrolled where the number is below `people`. */
  readonly lookAt: (person: number) => Float32Array;
}

/**
 * A gallery in memory, clustered like people; see `crowd`. Embeddings lie in `SPACE` dimensions, as those of real networks:
 * the values repeat, divided so that distances stay.
 * @param dimension a multiple of `SPACE`
 * @param strangers people who can be looked at but are not enrolled
 */
export function peopleGallery(people: number, examples: number, dimension: number, strangers = 0): PeopleGallery {
  const random = seededRandom(2);
  const { look } = crowd(people + strangers, SPACE);
  const weakest = Math.sqrt((3 * WEAK) / SPACE);
  const scale = Math.sqrt(SPACE / dimension);
  const face = new Float32Array(SPACE);
  const lookInto = (person: number, into: Float32Array): Float32Array => {
    look(person, face.fill(0));
    for (let i = 0; i < SPACE; i++) if (face[i] === 0) face[i] = weakest * (2 * random() - 1);
    const length = Math.hypot(...face);
    for (let i = 0; i < dimension; i++) into[i] = (scale * face[i % SPACE]) / length;
    return into;
  };
  const matrix = new Float32Array(people * examples * dimension);
  const everyone = Array.from({ length: people }, (_, person) => ({
    name: `person ${person}`,
    examples: Array.from({ length: examples }, (_, i) => {
      const row = person * examples + i;
      return { embedding: lookInto(person, matrix.subarray(row * dimension, (row + 1) * dimension)) };
    }),
  }));
  return {
    gallery: { version: 1, people: () => everyone },
    matrix,
    lookAt: (person) => lookInto(person, new Float32Array(dimension)),
  };
}
