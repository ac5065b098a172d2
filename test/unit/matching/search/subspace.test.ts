import { describe, expect, it } from 'vitest';
import { euclideanDistance } from '../../../../src/matching/matcher.js';
import { NearestMatcher } from '../../../../src/matching/nearest.js';
import { ExampleRows } from '../../../../src/matching/search/example-rows.js';
import { loadScanKernel } from '../../../../src/matching/search/scan-kernel.js';
import { Subspace } from '../../../../src/matching/search/subspace.js';
import { matchOf } from '../../../helpers/match-of.js';
import { MemoryGallery } from '../../../helpers/memory-gallery.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';
import { IndexSearcher } from './index-searcher.js';

const kernel = loadScanKernel()!;

const WIDTH = 64;
const ROWS = 1030;
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

const codeOf = (space: Subspace, vector: Float32Array) => Float32Array.from(space.codeOf(vector));

describe('the space of embeddings', () => {
  it('has as many dimensions as they lie in, and their distances', () => {
    const space = Subspace.of(rowsOf(many(() => vectorIn(20))), kernel)!;
    expect(space.dimension).toBe(20);
    for (let pair = 0; pair < 20; pair++) {
      const [a, b] = [vectorIn(20), vectorIn(20)];
      const there = euclideanDistance(codeOf(space, a), codeOf(space, b)) / space.scale;
      expect(Math.abs(there - euclideanDistance(a, b))).toBeLessThan(0.02);
    }
  });

  it('leaves out directions that hold a thousandth of the squared length', () => {
    const noisy = () => vectorIn(20).map((value) => value + 0.002 * random());
    const space = Subspace.of(rowsOf(many(noisy)), kernel)!;
    expect(space.dimension).toBeGreaterThanOrEqual(20);
    expect(space.dimension).toBeLessThan(WIDTH / 2);
  });

  it('has the coordinates of the largest variance first, around 0', () => {
    const uneven = () => unit(vectorIn(20).map((value, i) => value + (i < 3 ? 4 : 0) + (i < 2 ? 2 * random() : 0)));
    const vectors = many(uneven);
    const space = Subspace.of(rowsOf(vectors), kernel)!;
    const codes = vectors.map((vector) => codeOf(space, vector));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const variances = Array.from({ length: space.dimension }, (_, i) => {
      expect(Math.abs(mean(codes.map((code) => code[i])))).toBeLessThan(3);
      return mean(codes.map((code) => code[i] ** 2));
    });
    for (let i = 1; i < variances.length; i++) expect(variances[i]).toBeLessThan(1.2 * variances[i - 1] + 1);
    const share = (count: number) => (mean(variances.slice(0, count)) * count) / (mean(variances) * variances.length);
    expect(share(space.leading)).toBeGreaterThan(0.88);
    expect(share(space.leading - 1)).toBeLessThan(0.92);
  });

  it('is not there for few rows, and for rows that are all the same; it may fill the dimensions', () => {
    const [one, full] = [vectorIn(20), Subspace.of(rowsOf(many(() => unit(numbers(WIDTH)))), kernel)!];
    expect(Subspace.of(rowsOf(many(() => vectorIn(20), 100)), kernel)).toBeNull();
    expect(Subspace.of(rowsOf(many(() => one)), kernel)).toBeNull();
    expect(full.dimension).toBeGreaterThan(0.95 * WIDTH);
  });
});

describe('the scan in a space', () => {
  it('finds people who are enrolled later, also outside of it, and learns it again when there are many', async () => {
    const gallery = new MemoryGallery();
    const known = many(() => vectorIn(10));
    known.forEach((vector, i) => gallery.add(`person ${i}`, vector));
    const searcher = new IndexSearcher({ mode: 'approximate', library: null, threads: 1, near: 0.1 });
    const matcher = new NearestMatcher(gallery, searcher);
    const enrol = (name: string, vector: Float32Array) => {
      gallery.add(name, vector);
      matcher.sync();
      searcher.settle();
      expect(searcher.index.scan?.isReady).toBe(true);
    };
    enrol('first', vectorIn(10));
    for (let i = 0; i < 10; i++) {
      const vector = vectorIn(i < 5 ? 10 : 20);
      enrol(`later ${i}`, vector);
      expect(await matchOf(matcher, vector, 0.1)).toMatchObject({ name: `later ${i}`, distance: 0 });
      expect((await matchOf(matcher, known[i], 0.1)).name).toBe(`person ${i}`);
    }
    const others = many(() => vectorIn(20), 3 * ROWS + 100);
    others.forEach((vector, i) => gallery.add(`other ${i}`, vector));
    enrol('last', vectorIn(20));
    for (let i = 0; i < 10; i++) expect((await matchOf(matcher, others[i], 0.1)).name).toBe(`other ${i}`);
  });
});
