import { describe, expect, it } from 'vitest';
import { inspect } from '../../../src/matching/inspection/inspect.js';
import { nearestNeighbours } from '../../../src/matching/inspection/neighbours.js';
import { samplesOf } from '../../../src/matching/classifiers/samples.js';
import { createOnnxRuntime } from '../../../src/engine/onnxruntime.js';

const engine = createOnnxRuntime({ threads: 1 });
const person = (name: string, ...rows: number[][]) => ({
  name,
  examples: rows.map((row) => ({ embedding: Float32Array.from(row) })),
});

/** The same pseudo-random numbers at every run, -1 to 1. */
function* noise(): Generator<number, number> {
  for (let state = 1; ;) yield ((state = (state * 48271) % 2147483647) / 2147483647) * 2 - 1;
}

describe('nearest neighbours', () => {
  it('are those of plain distances, over several blocks', async () => {
    const numbers = noise();
    const rows = 2500;
    const everyone = Array.from({ length: rows / 2 }, (_, i) =>
      person(`${i}`, ...[0, 1].map(() => Array.from({ length: 8 }, () => numbers.next().value))),
    );
    const samples = samplesOf(everyone);
    const found = await nearestNeighbours(samples, engine);
    const squared = (a: number, b: number): number => {
      let sum = 0;
      for (let i = 0; i < 8; i++) sum += (samples.matrix[a * 8 + i] - samples.matrix[b * 8 + i]) ** 2;
      return sum;
    };
    for (let row = 0; row < rows; row++) {
      const least = { own: Infinity, other: Infinity };
      for (let b = 0; b < rows; b++) {
        const kind = samples.person[b] === samples.person[row] ? 'own' : 'other';
        if (b !== row) least[kind] = Math.min(least[kind], squared(row, b));
      }
      expect(squared(row, found.own[row])).toBe(least.own);
      expect(squared(row, found.other[row])).toBeLessThan(least.other + 1e-5);
    }
  });

  it('are nobody in a gallery of nobody, and of one', async () => {
    expect(await nearestNeighbours(samplesOf([]), engine)).toMatchObject({ own: new Int32Array() });
    const alone = await nearestNeighbours(samplesOf([person('Ada', [1, 0])]), engine);
    expect([...alone.own, ...alone.other]).toEqual([-1, -1]);
  });
});

describe('what is odd', () => {
  const look = async (...everyone: ReturnType<typeof person>[]) => {
    const samples = samplesOf(everyone);
    return inspect(samples, await nearestNeighbours(samples, engine), 1);
  };

  it('is nothing where everyone is near themselves and far from the others', async () => {
    const found = await look(person('Ada', [0, 0], [0.5, 0]), person('Eve', [5, 0], [5, 0.5]));
    expect(found).toEqual({ duplicates: [], nearPeople: [], outliers: [] });
  });

  it('is the same photo twice, also under two names', async () => {
    const found = await look(person('Ada', [0, 0], [0.004, 0], [0.5, 0]), person('Eve', [5, 0], [0.5, 0.001]));
    expect(found.duplicates).toEqual([
      { rows: [2, 4], distance: expect.closeTo(0.001, 6) as number },
      { rows: [0, 1], distance: expect.closeTo(0.004, 6) as number },
    ]);
  });

  it('is two people within the threshold, each pair once, the nearest first', async () => {
    const found = await look(
      person('Ada', [0, 0]),
      person('Eve', [0.9, 0]),
      person('Zoe', [9, 0]),
      person('Joy', [9, 0.5]),
    );
    expect(found.nearPeople).toEqual([
      { rows: [2, 3], distance: 0.5 },
      { rows: [0, 1], distance: expect.closeTo(0.9, 6) as number },
    ]);
    expect(found.outliers).toEqual([]);
  });

  it('is an example far from its person, or nearer to another', async () => {
    const found = await look(
      person('Ada', [0, 0], [0.2, 0], [0, 3]),
      person('Eve', [5, 0], [5, 0.2], [0.5, 0]),
      person('Solo', [20, 20]),
    );
    expect(found.outliers).toEqual([
      { row: 5, kind: 'nearer_to_other', own: 4.5, other: 1, otherDistance: expect.closeTo(0.3, 6) as number },
      {
        row: 2,
        kind: 'far',
        own: 3,
        other: 5,
        otherDistance: expect.closeTo(Math.hypot(0.5, 3), 6) as number,
      },
    ]);
  });
});
