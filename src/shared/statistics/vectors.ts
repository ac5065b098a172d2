/** How to combine the embeddings of a face and its mirror image. */
export type FlipMode = 'concat' | 'average';

/**
 * Combines the embeddings of a face and its mirror image. `concat` concatenates both, divided by √2: facenet's
 * concatenation (src/validate_on_lfw.py) on the scale of a single embedding, so the squared distance is the mean of
 * both. `average` is their mean, scaled to their mean length.
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

/** @param vectors at least one, of equal length */
export function meanOf(vectors: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(vectors[0].length);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i] += vector[i];
  return mean.map((sum) => sum / vectors.length);
}

/**
 * Subtracts the mean and normalises to unit length. Distances are then √(2 - 2 cos), which ranks like facenet's cosine
 * distance. (Without normalisation, subtraction would not change any distance.)
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

/** The mean, scaled to the length of the embeddings: unit length for FaceNet. */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  if (embeddings.length === 1) return embeddings[0];
  const sum = new Float32Array(embeddings[0].length);
  for (const embedding of embeddings) embedding.forEach((value, i) => (sum[i] += value));
  const wanted = embeddings.reduce((total, embedding) => total + Math.hypot(...embedding), 0) / embeddings.length;
  const scale = wanted / (Math.hypot(...sum) || 1);
  return sum.map((value) => value * scale);
}

/** The upper one of the two in the middle; NaN without values. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
