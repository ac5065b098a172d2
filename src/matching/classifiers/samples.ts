import type { ExampleDetails } from '../../gallery/gallery.js';

/** Labelled embeddings, one per row. */
export interface Samples {
  readonly names: readonly string[];
  /** For each row, the index of its person in `names`. */
  readonly person: Int32Array;
  /** Row-major, rows × `dimension`. */
  readonly matrix: Float32Array;
  readonly dimension: number;
}

export interface NamedExamples {
  readonly name: string;
  readonly examples: readonly {
    readonly embedding: Float32Array;
    readonly details?: ExampleDetails | null;
  }[];
}

/** Collects the examples of all people, grouped by person. People without examples are skipped. */
export function samplesOf(people: readonly NamedExamples[]): Samples {
  const included = people.filter(({ examples }) => examples.length > 0);
  const dimension = included[0]?.examples[0].embedding.length ?? 0;
  const count = included.reduce((sum, { examples }) => sum + examples.length, 0);
  const matrix = new Float32Array(count * dimension);
  const person = new Int32Array(count);
  let row = 0;
  included.forEach(({ examples }, index) => {
    for (const { embedding } of examples) {
      person[row] = index;
      matrix.set(embedding, row++ * dimension);
    }
  });
  return { names: included.map(({ name }) => name), person, matrix, dimension };
}

/** Selects rows; the indices of people stay the same, even of those without a selected row. */
export function selectRows({ names, person, matrix, dimension }: Samples, rows: readonly number[]): Samples {
  return {
    names,
    person: Int32Array.from(rows, (row) => person[row]),
    matrix: joinRows(
      rows.map((row) => matrix.subarray(row * dimension, (row + 1) * dimension)),
      dimension,
    ),
    dimension,
  };
}

/** One row, as a view. */
export function rowOf({ matrix, dimension }: Samples, row: number): Float32Array {
  return matrix.subarray(row * dimension, (row + 1) * dimension);
}

/** The rows of each person, by person index. */
export function rowsByPerson({ names, person }: Pick<Samples, 'names' | 'person'>): number[][] {
  const rows: number[][] = names.map(() => []);
  person.forEach((index, row) => rows[index].push(row));
  return rows;
}

/** The inverse of `samplesOf`. */
export function peopleOf(samples: Samples): NamedExamples[] {
  return rowsByPerson(samples).map((rows, index) => ({
    name: samples.names[index],
    examples: rows.map((row) => ({ embedding: rowOf(samples, row) })),
  }));
}

/** @returns row-major, rows × dimension */
export function joinRows(rows: readonly Float32Array[], dimension: number): Float32Array {
  const matrix = new Float32Array(rows.length * dimension);
  rows.forEach((row, i) => matrix.set(row, i * dimension));
  return matrix;
}

/** Squared Euclidean distances of an embedding to all rows. */
export function squaredDistances({ matrix, dimension }: Samples, embedding: Float32Array): Float64Array {
  const rows = matrix.length / Math.max(1, dimension);
  if (rows > 0 && embedding.length !== dimension) {
    throw new Error(`an embedding of ${embedding.length} values cannot be searched among rows of ${dimension}`);
  }
  const squared = new Float64Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < dimension; i++, at++) sum += (embedding[i] - matrix[at]) ** 2;
    squared[row] = sum;
  }
  return squared;
}
