import { type Action, Challenge, drawActions, type Progress } from '../../src/challenges/challenge.js';
import { observedFace, type Observation } from '../../src/challenges/observation.js';
import type { Point } from '../../src/faces/image/box.js';
import { depthAt, type HeadState, type Point3, projected, RESTING, turned, withExpression } from './head.js';
import { eyesOf } from './head-picture.js';

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
/** Of each landmark, in eye distances; makes the yaw of a still face vary by about 2.5 degrees. */
const LANDMARK_NOISE = 0.015;
const IMAGE = { width: 640, height: 480 };
const UNIT_PX = 56;
const DIMENSION = 64;
/** As MobileFaceNet's. */
export const THRESHOLD = 1.1;

export type Random = () => number;
const between = (random: Random, from: number, to: number) => from + (to - from) * random();
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export interface Person {
  readonly embedding: Float32Array;
  /** How the embedding changes with the pose. */
  readonly turned: Float32Array;
  readonly appearance: Float32Array;
}

export function newPerson(random: Random): Person {
  return { embedding: unit(random, DIMENSION), turned: unit(random, DIMENSION), appearance: unit(random, 144) };
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

export function headPoints(state: HeadState): Point[] {
  return FACE.map((point) =>
    projected(turned({ ...withExpression(point, state, EYES), z: depthAt(point.x, point.y) }, state)),
  );
}

export interface Sheet {
  readonly tiltX: number;
  readonly tiltY: number;
  readonly roll: number;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** 1 / radius of the cylinder that the sheet is bent to, in eye distances; 0 is flat. */
  readonly bent: number;
  readonly axis: 'upright' | 'level';
}

/** Where a point of a photo on paper is seen; `z` grows towards the camera. */
export function onSheet(point: Point, sheet: Sheet): Point3 {
  const turn = { ...RESTING, yaw: sheet.tiltX, pitch: sheet.tiltY, roll: sheet.roll, scale: sheet.scale };
  const held = turned(bend(point, sheet), turn);
  const { x, y } = projected(held);
  return { x: x + sheet.x, y: y + sheet.y, z: held.z };
}

function bend({ x, y }: Point, { bent, axis }: Sheet): Point3 {
  if (bent === 0) return { x, y, z: 0.2 };
  const [along, z] = [(v: number) => Math.sin(v * bent) / bent, (v: number) => (Math.cos(v * bent) - 1) / bent + 0.2];
  return axis === 'upright' ? { x: along(x), y, z: z(x) } : { x, y: along(y - 0.6) + 0.6, z: z(y - 0.6) };
}

/** What the pipeline measures of a face. */
export function observed(
  random: Random,
  at: number,
  points: readonly Point[],
  person: Person,
  { away = 0, eyesClosed = 0 } = {},
): Observation {
  const landmarks = points.map(({ x, y }) => ({
    x: IMAGE.width / 2 + UNIT_PX * (x + LANDMARK_NOISE * normal(random)),
    y: 190 + UNIT_PX * (y + LANDMARK_NOISE * normal(random)),
  }));
  const xs = landmarks.map(({ x }) => x);
  const ys = landmarks.map(({ y }) => y);
  const width = (Math.max(...xs) - Math.min(...xs)) * between(random, 0.96, 1.02);
  const top = Math.min(...ys) - 0.15 * width;
  const height = Math.max(...ys) - top;
  const box = { x: (Math.max(...xs) + Math.min(...xs) - width) / 2, y: top, width, height };
  const face = observedFace({
    box,
    landmarks,
    eyesOpen: 0.5 * (1 - 0.6 * eyesClosed) * (1 + 0.05 * normal(random)),
    brightness: 0.5,
    live: null,
    // Measured: 0.25 at 10 degrees, 0.5 at 20, 0.75 at 30.
    embedding: near(
      random,
      person.embedding.map((value, i) => value + 0.025 * away * person.turned[i]),
      0.15,
    ),
    appearance: near(random, person.appearance, 0.15),
  });
  return { at, image: IMAGE, faces: [face] };
}

export interface Run {
  readonly actions: readonly Action[];
  readonly challenge: Challenge;
  readonly random: Random;
}

export function newRun(random: Random, actions: readonly Action[] = drawActions(random)): Run {
  return { actions, random, challenge: new Challenge({ actions, threshold: THRESHOLD, startedAt: 0, random }) };
}

/** Shows frames until the challenge ends. */
export function play({ challenge, random }: Run, frameAt: (at: number, progress: Progress) => Observation): Progress {
  let progress: Progress = challenge.progress();
  for (let at = 0; progress.state === 'running'; at += between(random, 70, 110)) {
    progress = challenge.observe(frameAt(at, progress));
  }
  return progress;
}

/** A person who does what is asked, after a reaction time. */
export function follower(random: Random): (at: number, progress: Progress) => HeadState {
  const full = fullActions(random);
  const speed = between(random, 2.2, 4.5);
  const offset = { yaw: between(random, -6, 6), pitch: between(random, -8, 8), roll: between(random, -5, 5) };
  let state: HeadState = RESTING;
  let wanted: Action | null = null;
  let changeAt = 0;
  let before = 0;
  return (at, { actions, step, hint, state: running }) => {
    const next = running === 'running' && hint === null && at > 0 ? actions[step] : null;
    if (next !== wanted) [wanted, changeAt] = [next, at + between(random, 250, 600)];
    if (at >= changeAt) {
      const target = wanted === null ? resting(state) : wantedState(wanted, full, at - changeAt);
      state = towards(state, target, (speed * (at - before)) / 1000);
    }
    before = at;
    return { ...state, yaw: state.yaw + offset.yaw, pitch: state.pitch + offset.pitch, roll: offset.roll };
  };
}

type Full = Readonly<Record<Exclude<Action, 'blink'>, Partial<HeadState>>>;

export function fullActions(random: Random): Full {
  return {
    turn_left: { yaw: between(random, 26, 38) },
    turn_right: { yaw: -between(random, 26, 38) },
    look_up: { pitch: between(random, 19, 28) },
    smile: { smile: between(random, 0.8, 1.1) },
    come_closer: { scale: between(random, 1.4, 1.6) },
  };
}

/** A person who came closer stays there. */
const resting = ({ scale }: HeadState): HeadState => ({ ...RESTING, scale });

function wantedState(action: Action, full: Full, since: number): HeadState {
  if (action === 'blink') return { ...RESTING, eyesClosed: since % 700 < 300 ? 1 : 0 };
  return { ...RESTING, ...full[action] };
}

const FULL_CHANGE = { yaw: 32, pitch: 24, roll: 20, eyesClosed: 3, smile: 1, scale: 0.5, x: 1, y: 1 };

function towards(from: HeadState, to: HeadState, share: number): HeadState {
  const moved = Object.entries(FULL_CHANGE).map(([key, change]) => {
    const [now, then] = [from[key as keyof HeadState], to[key as keyof HeadState]];
    return [key, now + Math.min(Math.max(then - now, -change * share), change * share)];
  });
  return { ...to, ...(Object.fromEntries(moved) as Partial<HeadState>) };
}

export function headFrame(random: Random, at: number, state: HeadState, person: Person): Observation {
  return observed(random, at, headPoints(state), person, {
    away: Math.hypot(state.yaw, 1.5 * state.pitch),
    eyesClosed: state.eyesClosed,
  });
}

/** A person who does all that is asked. */
export function genuine(random: Random, run = newRun(random)): Progress {
  const [person, follow] = [newPerson(random), follower(random)];
  return play(run, (at, progress) => headFrame(random, at, follow(at, progress), person));
}

export type SheetKind = 'still' | 'moved' | 'bent';

/** How a hand moves a photo, without regard to what is asked; it lies still for the first looks. */
export function movingSheet(random: Random, kind: SheetKind): (at: number) => Sheet {
  const waves = Array.from({ length: 7 }, () => [between(random, 0.1, 0.6), between(random, 0, 6.3)]);
  const wave = (index: number, at: number) =>
    Math.min(at / 1500, 1) * Math.sin((2 * Math.PI * waves[index][0] * at) / 1000 + waves[index][1]);
  const [tiltX, tiltY, mostBent] = [between(random, 8, 50), between(random, 0, 50), between(random, 0.4, 1.4)];
  const axis = random() < 0.7 ? 'upright' : 'level';
  return (at) => {
    const then = kind === 'still' ? 0 : Math.max(at - 900, 0);
    return {
      tiltX: tiltX * wave(0, then),
      tiltY: tiltY * wave(1, then),
      roll: 15 * wave(2, then),
      x: 0.6 * wave(3, then),
      y: 0.4 * wave(4, then),
      scale: 1.2 ** wave(5, then),
      bent: kind === 'bent' ? mostBent * (0.6 + 0.4 * wave(6, then)) : 0,
      axis,
    };
  };
}

/** A photo that is moved, tilted and bent. */
export function movedPhoto(random: Random, kind: SheetKind, run = newRun(random)): Progress {
  const [person, sheetAt] = [newPerson(random), movingSheet(random, kind)];
  return play(run, (at) => {
    const sheet = sheetAt(at);
    const points = FACE.map((point) => onSheet(point, sheet));
    return observed(random, at, points, person, { away: Math.hypot(sheet.tiltX, sheet.tiltY) / 3 });
  });
}

/** A video of a person who passes another challenge, from any moment on, again and again. */
export function loopedVideo(random: Random, run = newRun(random)): Progress {
  let other = drawActions(random);
  while (isSameLoop(other, run.actions)) other = drawActions(random);
  const frames: HeadState[] = [];
  const follow = follower(random);
  play(newRun(random, other), (at, progress) => {
    frames.push(follow(at, progress));
    return headFrame(random, at, frames.at(-1)!, STAND_IN);
  });
  const person = newPerson(random);
  let next = Math.floor(random() * frames.length);
  return play(run, (at) => headFrame(random, at, frames[next++ % frames.length], person));
}

const STAND_IN = newPerson(() => 0.3);

/** Whether one sequence is the other, begun at another action. */
function isSameLoop(a: readonly Action[], b: readonly Action[]): boolean {
  return a.length === b.length && a.some((_, i) => b.every((action, j) => a[(i + j) % a.length] === action));
}

/** Another person goes on after some time. */
export function swappedPerson(random: Random, run = newRun(random)): Progress {
  const [first, second, follow] = [newPerson(random), newPerson(random), follower(random)];
  let swapAt: number | null = null;
  return play(run, (at, progress) => {
    if (progress.hint === null && at > 0) swapAt ??= at + between(random, 0, 900);
    return headFrame(random, at, follow(at, progress), swapAt !== null && at > swapAt ? second : first);
  });
}

/** Clips of one person, each with one action: the right one is played when it is asked for. */
export function cutVideo(random: Random, run = newRun(random)): Progress {
  const person = newPerson(random);
  const full = fullActions(random);
  let clip: { action: Action | null; from: number; shift: Partial<HeadState> } = { action: null, from: 0, shift: {} };
  return play(run, (at, { actions, step, hint }) => {
    const action = hint === null && at > 0 ? actions[step] : null;
    if (action !== clip.action) {
      const side = random() < 0.5 ? -1 : 1;
      const shift = {
        x: side * between(random, 1, 2),
        y: between(random, -0.3, 0.3),
        scale: between(random, 0.9, 1.1),
      };
      clip = { action, from: at, shift };
    }
    const state = clip.action === null ? RESTING : wantedState(clip.action, full, at - clip.from);
    const scale = state.scale * (clip.shift.scale ?? 1);
    return headFrame(random, at, { ...state, ...clip.shift, scale }, person);
  });
}
