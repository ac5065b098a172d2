import { seededRandom } from '../../src/shared/statistics/random.js';

/**
 * Measured with FaceNet 20180402 on 2,383 photos of 687 people of LFW (../shared/lfw-dev): mean distances of two photos of
 * one person, 0.64, and of two people, 1.37 (standard deviation 0.12). All but two millionths of the variance lie in 50 of
 * the 512 dimensions, unevenly: as in 38 that count alike between people (participation ratio), 43 between photos of one.
 */
const GENUINE = 0.65;
const IMPOSTOR = 1.35;
const FACE_DIMENSIONS = 40;
/** All faces lie a little nearer to each other than anything on the sphere: cosine of two people. */
const COMMON = 1 - IMPOSTOR ** 2 / 2;
const WITHIN = GENUINE ** 2 / 2;

export interface Crowd {
  readonly dimension: number;
  /** A new embedding of a person, of unit length. @param into receives the values, zeros before */
  readonly look: (person: number, into: Float32Array) => void;
}

/**
 * People as FaceNet sees them: unit vectors, those of a person around a centre of their own, as far apart and in as many
 * dimensions as measured. Which ones these are makes no difference to distances: the first.
 */
export function crowd(people: number, dimension: number, seed = 1): Crowd {
  const gauss = gaussian(seed);
  const used = Math.min(dimension - 1, FACE_DIMENSIONS);
  const between = Math.sqrt((1 - COMMON - WITHIN) / used);
  const within = Math.sqrt(WITHIN / used);
  const centres = new Float32Array(people * used).map(() => between * gauss());
  return {
    dimension,
    look: (person, into) => {
      for (let i = 0; i < used; i++) into[i] = centres[person * used + i] + within * gauss();
      into[used] = Math.sqrt(COMMON);
      const length = Math.hypot(...into.subarray(0, used + 1));
      for (let i = 0; i <= used; i++) into[i] /= length;
    },
  };
}

/** Box–Muller transform. */
function gaussian(seed: number): () => number {
  const uniform = seededRandom(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
