import { samplesOf, type Samples } from '../../src/matching/classifiers/samples.js';

/** @param rows of each person in turn */
export function samplesFrom(people: Readonly<Record<string, readonly (readonly number[])[]>>): Samples {
  return samplesOf(
    Object.entries(people).map(([name, rows]) => ({
      name,
      examples: rows.map((row) => ({ embedding: Float32Array.from(row) })),
    })),
  );
}

/** `count` points around a centre, deterministic. */
export function cloud(centre: readonly number[], count: number, radius: number, seed = 0): number[][] {
  return Array.from({ length: count }, (_, i) =>
    centre.map((value, d) => value + radius * Math.sin(1 + 2.7 * i + 5.3 * d + 11.1 * seed)),
  );
}
