import { observedFace, type Observation } from '../../src/challenges/observation.js';
import type { Point } from '../../src/faces/image/box.js';
import { ALIGNED, type AlignedGreys, toAligned } from '../../src/faces/landmarks/aligned-greys.js';
import { mean } from '../../src/faces/landmarks/landmarks68.js';
import { seededRandom } from '../../src/shared/statistics/random.js';
import type { Shot } from './challenge-runs.js';
import { depthAt, type HeadState, projected, turned, withExpression } from './head.js';
import { eyesOf } from './head-picture.js';
import { onSheet } from './sheet.js';

/**
 * The right half of a frontal face in eye distances, from the middle of the eyes: means of face-api's 68 points of eight
 * frontal faces of LFW with MTCNN's boxes. In iBUG order as [index, mirrored index, x, y].
 */
// prettier-ignore
const HALF: readonly (readonly [number, number, number, number])[] = [
  [16, 0, 1.16, -0.01], [15, 1, 1.14, 0.3], [14, 2, 1.08, 0.6], [13, 3, 1.03, 0.85], [12, 4, 0.93, 1.15],
  [11, 5, 0.78, 1.39], [10, 6, 0.6, 1.55], [9, 7, 0.37, 1.73], [8, 8, 0, 1.84], [26, 17, 0.91, -0.25],
  [25, 18, 0.78, -0.33], [24, 19, 0.6, -0.35], [23, 20, 0.43, -0.33], [22, 21, 0.29, -0.28], [27, 27, 0, 0.04],
  [28, 28, 0, 0.26], [29, 29, 0, 0.45], [30, 30, 0, 0.63], [35, 31, 0.18, 0.73], [34, 32, 0.11, 0.76],
  [33, 33, 0, 0.78], [45, 36, 0.68, -0.01], [44, 37, 0.58, -0.06], [43, 38, 0.43, -0.06], [42, 39, 0.3, 0.01],
  [47, 40, 0.42, 0.05], [46, 41, 0.58, 0.06], [54, 48, 0.41, 1.12], [53, 49, 0.28, 1.04], [52, 50, 0.09, 0.97],
  [51, 51, 0, 0.99], [55, 59, 0.28, 1.28], [56, 58, 0.14, 1.36], [57, 57, 0, 1.39], [64, 60, 0.39, 1.12],
  [63, 61, 0.13, 1.08], [62, 62, 0, 1.07], [65, 67, 0.13, 1.22], [66, 66, 0, 1.24],
];
const FACE: readonly Point[] = HALF.reduce<Point[]>((points, [index, mirrored, x, y]) => {
  points[index] = { x, y };
  points[mirrored] = { x: -x, y };
  return points;
}, []);
const EYES = eyesOf(FACE);
/**
 * Of each landmark, in eye distances: the yaw of a still face differs by 1.7 degrees between two frames (median) and by 6.9
 * (95th percentile); on pictures, the networks differed by 1 and 4.3. How much of an action they see, and how closed lids look,
 * are ranges of 24 photos.
 */
const LANDMARK_NOISE = 0.015;
const IMAGE = { width: 640, height: 480 };
const UNIT_PX = 56;
const DIMENSION = 64;

export type Random = () => number;
export const between = (random: Random, from: number, to: number) => from + (to - from) * random();
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export interface Person {
  readonly embedding: Float32Array;
  /** How the embedding changes with the pose. */
  readonly turned: Float32Array;
  readonly appearance: Float32Array;
  /** Share of the opening of the eyes that is left when they are closed. */
  readonly closed: number;
  /** How much of a turn, a look up and a smile the networks see. */
  readonly seen: { readonly yaw: number; readonly pitch: number; readonly smile: number };
}

export function newPerson(random: Random): Person {
  const [embedding, away, appearance] = [DIMENSION, DIMENSION, 144].map((length) => unit(random, length));
  const seen = {
    yaw: between(random, 0.75, 1.1),
    pitch: between(random, 0.55, 1.15),
    smile: between(random, 0.45, 1.2),
  };
  return { embedding, turned: away, appearance, closed: between(random, 0.3, 0.9), seen };
}

function unit(random: Random, length: number): Float32Array {
  const values = Float32Array.from({ length }, () => normal(random));
  const size = Math.hypot(...values);
  return values.map((value) => value / size);
}

/** Like `base`, at a distance of about `distance`. */
function near(random: Random, base: Float32Array, distance: number): Float32Array {
  const other = unit(random, base.length);
  const mixed = base.map((value, i) => value + distance * other[i]);
  const size = Math.hypot(...mixed);
  return mixed.map((value) => value / size);
}

/** Share of frames in which the networks took something else for the face: 18 of 4,042, not all of them with an effect. */
const GLITCHES = 0.003;

/** What the pipeline measures of generated people. @param people whom the shots show, by `Shot.person` */
export function landmarkCamera(random: Random, people: readonly Person[]): (at: number, shot: Shot) => Observation {
  return (at, { person, state: full, sheet }) => {
    const { seen } = people[person];
    const { yaw, pitch, smile } = full;
    const state = { ...full, yaw: yaw * seen.yaw, pitch: pitch * seen.pitch, smile: smile * seen.smile };
    const points = FACE.map((point) => {
      const moved = withExpression(point, state, EYES);
      return sheet ? onSheet(moved, sheet) : projected(turned({ ...moved, z: depthAt(point.x, point.y) }, state));
    });
    const away = sheet ? Math.hypot(sheet.tiltX, sheet.tiltY) / 3 : Math.hypot(state.yaw, 1.5 * state.pitch);
    return observed(random, at, points, people[person], away, state);
  };
}

function observed(
  random: Random,
  at: number,
  points: readonly Point[],
  person: Person,
  away: number,
  { eyesClosed }: HeadState,
): Observation {
  const pixels = points.map(({ x, y }) => ({ x: IMAGE.width / 2 + UNIT_PX * x, y: 190 + UNIT_PX * y }));
  const noise = () => UNIT_PX * LANDMARK_NOISE * normal(random);
  const landmarks = pixels.map(({ x, y }) => ({ x: x + noise(), y: y + noise() }));
  const xs = landmarks.map(({ x }) => x);
  const ys = landmarks.map(({ y }) => y);
  const width = (Math.max(...xs) - Math.min(...xs)) * between(random, 0.96, 1.02);
  const top = Math.min(...ys) - 0.15 * width;
  const height = Math.max(...ys) - top;
  const box = { x: (Math.max(...xs) + Math.min(...xs) - width) / 2, y: top, width, height };
  const shown = random() < GLITCHES ? unit(random, DIMENSION) : person.embedding;
  const face = observedFace({
    box,
    landmarks,
    eyesOpen: 0.5 * (1 - (1 - person.closed) * eyesClosed) * (1 + 0.05 * normal(random)),
    aligned: alignedPicture(random, pixels, landmarks),
    brightness: 0.5,
    live: null,
    // Measured: 0.25 at 10 degrees, 0.5 at 20, 0.75 at 30.
    embedding: near(
      random,
      shown.map((value, i) => value + 0.025 * away * person.turned[i]),
      0.15,
    ),
    appearance: near(random, person.appearance, 0.2),
  });
  return { at, image: IMAGE, faces: [face] };
}

/** The bridge and the tip of the nose and the mouth, each with its own texture, where they are seen. */
function alignedPicture(random: Random, seen: readonly Point[], landmarks: readonly Point[]): AlignedGreys {
  const face = Uint8Array.from({ length: ALIGNED.width * ALIGNED.height }, () => 128 + 12 * (random() - 0.5));
  const align = toAligned(landmarks);
  for (const [i, point] of [seen[27], mean([seen[51], seen[57], seen[62]]), seen[30]].entries()) {
    const { x, y } = align(point);
    for (const [at, value] of TEXTURES[i].entries()) {
      const column = Math.round(x) + (at % TEXTURE) - (TEXTURE >> 1);
      const row = Math.round(y) + Math.floor(at / TEXTURE) - (TEXTURE >> 1);
      const isInside = column >= 0 && column < ALIGNED.width && row >= 0 && row < ALIGNED.height;
      if (isInside) face[row * ALIGNED.width + column] += value;
    }
  }
  return face;
}

/** Pixels. */
const TEXTURE = 13;
const textureRandom = seededRandom(1);
const TEXTURES = [0, 1, 2].map(() => Array.from({ length: TEXTURE ** 2 }, () => 100 * (textureRandom() - 0.5)));
