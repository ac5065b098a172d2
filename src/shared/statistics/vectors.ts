/** How the embeddings of a face and of its mirror image become one vector. */
export type FlipMode = 'concat' | 'average';

/**
 * One vector out of the embedding of a face and that of its mirror image. `concat` writes one behind the other, both
 * divided by √2, which is facenet's concatenation (src/validate_on_lfw.py) on the scale of a single embedding: the
 * squared distance is the mean of both. `average` is their mean, brought back to their own mean length.
 */
export function withMirrored(embedding: Float32Array, mirrored: Float32Array, mode: FlipMode): Float32Array {
  if (mode === 'concat') {
    const both = new Float32Array(embedding.length + mirrored.length);
    both.set(embedding);
    both.set(mirrored, embedding.length);
    return both.map((value) => value * Math.SQRT1_2);
  }
  const mean = embedding.map((value, i) => (value + mirrored[i]) / 2);
  const scale = (lengthOf(embedding) + lengthOf(mirrored)) / 2 / (lengthOf(mean) || 1);
  return mean.map((value) => value * scale);
}

/** @param vectors at least one, all of one length */
export function meanOf(vectors: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(vectors[0].length);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i] += vector[i];
  return mean.map((sum) => sum / vectors.length);
}

/**
 * The vector less the mean, brought to unit length: distances are then √(2 - 2 cos) of what is left, so that they rank
 * as facenet's cosine distance does. (Without the second step subtracting would change no distance.)
 */
export function centred(vector: Float32Array, mean: Float64Array): Float32Array {
  const rest = vector.map((value, i) => value - mean[i]);
  const length = lengthOf(rest) || 1;
  return rest.map((value) => value / length);
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}
