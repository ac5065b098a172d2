import { beforeAll, describe, expect, it } from 'vitest';
import { euclideanDistance } from '../../../../src/matching/matcher.js';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { ExampleRows } from '../../../../src/matching/search/example-rows.js';
import { bytesOf, Subspace } from '../../../../src/matching/search/subspace.js';
import { loadUsearch, type VectorLibrary } from '../../../../src/matching/search/usearch.js';
import { matchOf } from '../../../helpers/match-of.js';
import { MemoryGallery } from '../../../helpers/memory-gallery.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';
import { IndexSearcher } from './index-searcher.js';

const WIDTH = 96;
const ROWS = 1200;
const random = randomNumbers(3);
const numbers = (count: number) => Float32Array.from({ length: count }, random);
const directions = Array.from({ length: 20 }, () => numbers(WIDTH));

/** A unit vector in the space of the first `count` directions. */
function vectorIn(count: number): Float32Array {
  const sum = new Float32Array(WIDTH);
  for (const direction of directions.slice(0, count)) {
    const times = random();
    direction.forEach((value, i) => (sum[i] += times * value));
  }
  return unit(sum);
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function rowsOf(vectors: readonly Float32Array[]): ExampleRows {
  const examples = new ExampleRows(WIDTH);
  vectors.forEach((vector, row) => examples.set(row, row, vector));
  return examples;
}

const many = (make: () => Float32Array, count = ROWS) => Array.from({ length: count }, make);

describe('the space of embeddings', () => {
  it('has as many dimensions as they lie in, and their distances', () => {
    const space = Subspace.of(rowsOf(many(() => vectorIn(20))))!;
    expect(space.dimension).toBe(20);
    const [a, b] = [vectorIn(20), vectorIn(20)];
    const [there, too] = [space.coordinatesOf(a), space.coordinatesOf(b)];
    const scale = Math.hypot(...space.basis.subarray(0, WIDTH));
    expect(euclideanDistance(there, too) / scale).toBeCloseTo(euclideanDistance(a, b), 5);
    const bytes = [there, too].map((one) => Float32Array.from(bytesOf(one)));
    expect(euclideanDistance(bytes[0], bytes[1]) / scale).toBeCloseTo(euclideanDistance(a, b), 1.5);
    expect(space.holds(a, there)).toBe(true);
  });

  it('leaves out directions that hold a thousandth of the squared length', () => {
    const noisy = () => vectorIn(20).map((value) => value + 0.002 * random());
    const space = Subspace.of(rowsOf(many(noisy)))!;
    expect(space.dimension).toBeGreaterThanOrEqual(20);
    expect(space.dimension).toBeLessThan(WIDTH / 3);
  });

  it('does not hold what lies elsewhere', () => {
    const space = Subspace.of(rowsOf(many(() => vectorIn(10))))!;
    const [inside, outside] = [vectorIn(10), vectorIn(20)];
    const both = Float32Array.from([...inside, ...outside]);
    expect(space.holds(both, space.coordinatesOf(both))).toBe(false);
    expect(space.coordinatesOf(both).subarray(0, 10)).toEqual(space.coordinatesOf(inside));
  });

  it('is not there for few rows, and for rows that fill the dimensions', () => {
    expect(Subspace.of(rowsOf(many(() => vectorIn(20), 100)))).toBeNull();
    expect(Subspace.of(rowsOf(many(() => unit(numbers(WIDTH)))))).toBeNull();
  });

  it('holds the embedding of nobody', () => {
    const vectors = many(() => vectorIn(20));
    const { basis } = Subspace.of(rowsOf(vectors))!;
    for (let from = 0; from < basis.length; from += WIDTH) {
      const direction = unit(basis.slice(from, from + WIDTH));
      // A unit vector is another one where their distance is 0.
      expect(Math.min(...vectors.map((vector) => euclideanDistance(vector, direction)))).toBeGreaterThan(0.3);
    }
  });
});

describe('the graph in a space', () => {
  let library: VectorLibrary;
  beforeAll(async () => {
    library = await loadUsearch();
  });

  it('finds people who are enrolled later, also outside of it', async () => {
    const gallery = new MemoryGallery();
    const known = many(() => vectorIn(10));
    known.forEach((vector, i) => gallery.add(`person ${i}`, vector));
    const searcher = new IndexSearcher({ mode: 'approximate', library, threads: 1, near: 0.1 });
    const matcher = new NearestMatcher(gallery, searcher);
    matcher.sync();
    searcher.settle();
    expect(searcher.index.graph?.space?.dimension).toBe(10);
    const later = [vectorIn(10), vectorIn(20)];
    for (const [i, vector] of later.entries()) {
      gallery.add(`later ${i}`, vector);
      expect(await matchOf(matcher, vector, 0.1)).toMatchObject({ name: `later ${i}`, distance: 0 });
      searcher.settle();
      expect(searcher.index.graph?.space === null).toBe(i === 1);
      expect(searcher.index.graph?.isComplete).toBe(true);
      expect(await matchOf(matcher, vector, 0.1)).toMatchObject({ name: `later ${i}`, distance: 0 });
      expect((await matchOf(matcher, known[i], 0.1)).name).toBe(`person ${i}`);
    }
  });
});
