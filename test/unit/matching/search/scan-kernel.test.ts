import { describe, expect, it } from 'vitest';
import { KernelMemory, loadScanKernel } from '../../../../src/matching/search/scan-kernel.js';
import { randomNumbers } from '../../../helpers/mtcnn-weights.js';

const random = randomNumbers(5);
const bytes = (count: number, largest = 127) => Int8Array.from({ length: count }, () => Math.round(largest * random()));
const module = loadScanKernel()!;

/** The `keep` nearest, of those at one distance the first. */
function nearestOf(distances: readonly number[], keep: number): number[] {
  const numbers = [...distances.keys()].sort((a, b) => distances[a] - distances[b] || a - b);
  return numbers.slice(0, keep);
}

const distance = (a: Int8Array, b: Int8Array) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
const distances = (vectors: readonly Int8Array[], query: Int8Array) => vectors.map((vector) => distance(vector, query));

describe('the kernel of the scan', () => {
  // Few different values give many equal distances; a list that is hardly longer than the result is often full.
  it.each([
    { vectors: 3000, dimension: 40, largest: 127, keep: 100, capacity: 8192 },
    { vectors: 3000, dimension: 64, largest: 127, keep: 100, capacity: 160 },
    { vectors: 4000, dimension: 4, largest: 3, keep: 50, capacity: 56 },
    { vectors: 7, dimension: 512, largest: 127, keep: 100, capacity: 128 },
    { vectors: 1, dimension: 8, largest: 127, keep: 1, capacity: 9 },
  ])(
    'finds the nearest $keep of $vectors means of $dimension bytes',
    ({ vectors, dimension, largest, keep, capacity }) => {
      const memory = new KernelMemory(module);
      const query = bytes(dimension, largest);
      const means = Array.from({ length: vectors }, () => bytes(dimension, largest));
      const blocks = Math.ceil(vectors / 8);
      const list = 8 * dimension;
      const start = list + 8 * capacity;
      memory.reserve(start + blocks * (8 * dimension + 32));
      for (let i = 0; i < dimension; i++) {
        for (let lane = 0; lane < 4; lane++) memory.shorts[8 * (i >> 1) + 2 * lane + (i & 1)] = 2 * query[i];
      }
      for (let row = 0; row < 8 * blocks; row++) {
        const block = start + (row >> 3) * (8 * dimension + 32);
        const mean = means.at(row);
        mean?.forEach((value, i) => (memory.bytes[block + 16 * (i >> 1) + 2 * (row & 7) + (i & 1)] = value));
        const squared = row < vectors ? distance(means[row], new Int8Array(dimension)) : 0x3fffffff;
        memory.ints[(block + 8 * dimension) / 4 + (row & 7)] = squared;
      }
      const count = memory.kernel.scan(0, start, blocks, dimension, list, capacity, keep);
      expect(memory.numbersOf(list, count)).toEqual(nearestOf(distances(means, query), keep));
    },
  );

  it.each([
    { width: 64, compared: 2000, largest: 127, keep: 32, capacity: 8192 },
    { width: 16, compared: 2000, largest: 2, keep: 32, capacity: 33 },
    { width: 512, compared: 3, largest: 127, keep: 32, capacity: 64 },
  ])('finds the nearest $keep of $compared rows of $width bytes', ({ width, compared, largest, keep, capacity }) => {
    const memory = new KernelMemory(module);
    const query = bytes(width, largest);
    const rows = Array.from({ length: 2 * compared }, () => bytes(width, largest));
    const isCompared = (row: number) => row % 2 === 1;
    const numbers = 2 * width;
    const list = numbers + 16 * compared;
    const start = list + 8 * capacity;
    memory.reserve(start + rows.length * width);
    memory.shorts.set(query);
    rows.forEach((row, i) => memory.bytes.set(row, start + i * width));
    memory.ints.set([...rows.keys()].filter(isCompared), numbers / 4);
    const count = memory.kernel.rank(0, start, width, numbers, compared, list, capacity, keep);
    const expected = distances(rows, query).map((one, row) => (isCompared(row) ? one : Infinity));
    expect(memory.numbersOf(list, count)).toEqual(nearestOf(expected, Math.min(keep, compared)));
  });

  it('projects a vector', () => {
    const memory = new KernelMemory(module);
    const [width, rows] = [24, 5];
    memory.reserve(4 * (width * (rows + 1) + rows));
    for (let i = 0; i < width * (rows + 1); i++) memory.floats[i] = random();
    const [vector, others] = [memory.floats.slice(0, width), memory.floats.slice(width, width * (rows + 1))];
    memory.kernel.project(0, 4 * width, width, rows, 4 * width * (rows + 1));
    for (let row = 0; row < rows; row++) {
      const expected = vector.reduce((sum, value, i) => sum + value * others[row * width + i], 0);
      expect(memory.floats[width * (rows + 1) + row]).toBeCloseTo(expected, 5);
    }
  });

  it('is not there where its file is missing', () => {
    expect(loadScanKernel(new URL('missing.wasm', import.meta.url))).toBeNull();
  });
});
