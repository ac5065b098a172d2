import type { WholePerson } from './gallery.js';
import { EXAMPLE_ID } from './files/sidecar.js';

/** Refuses what no gallery could keep; that such a thing comes is a defect of the caller. */
export function checkWholePerson({ examples }: WholePerson, dimension: number): void {
  if (examples.length === 0) throw new Error('a person has at least one example');
  const ids = new Set(examples.map(({ id }) => id));
  if (ids.size < examples.length) throw new Error('no two examples of a person have the same id');
  for (const { id, embedding } of examples) {
    if (!EXAMPLE_ID.test(id)) throw new Error('the id of an example matches ' + EXAMPLE_ID.source);
    checkEmbedding(embedding, dimension);
  }
}

export function checkEmbedding(embedding: Float32Array, dimension: number): void {
  if (embedding.length !== dimension || !embedding.every(Number.isFinite)) {
    throw new Error(`an embedding has ${dimension} finite values`);
  }
}
