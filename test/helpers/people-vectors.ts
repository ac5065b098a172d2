import { randomNumbers } from './mtcnn-weights.js';

/** Mean distances of FaceNet 20180402 on photos of LFW: of two photos of a person, and of two people. */
const GENUINE = 0.65;
const IMPOSTOR = 1.35;
/** Where on the sphere all faces lie a little nearer than anywhere: cos of two people. */
const COMMON = 1 - IMPOSTOR ** 2 / 2;
const WITHIN = GENUINE ** 2 / 2;

export interface Crowd {
  readonly dimension: number;
  /** A new look at a person, of unit length. @param into where its values go */
  look(person: number, into: Float32Array): void;
}

/**
 * People as FaceNet sees them: unit vectors, those of a person around a centre of their own, as far apart as measured. In
 * all directions alike, which is the hardest for a graph: real faces vary in some more than in others.
 */
export function crowd(people: number, dimension: number, seed = 1): Crowd {
  const gauss = gaussian(seed);
  const between = Math.sqrt((1 - COMMON - WITHIN) / dimension);
  const within = Math.sqrt(WITHIN / dimension);
  const centres = new Float32Array(people * dimension).map(() => between * gauss());
  return {
    dimension,
    look(person, into) {
      for (let i = 0; i < dimension; i++) into[i] = centres[person * dimension + i] + within * gauss();
      into[0] += Math.sqrt(COMMON);
      const length = Math.hypot(...into);
      for (let i = 0; i < dimension; i++) into[i] /= length;
    },
  };
}

/** Box and Muller's. */
function gaussian(seed: number): () => number {
  const random = randomNumbers(seed);
  const uniform = () => (random() + 1) / 2;
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
