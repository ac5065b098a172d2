import { type Action, Challenge, drawActions, type Progress } from '../../src/challenges/challenge.js';
import type { Observation } from '../../src/challenges/observation.js';
import { type HeadState, RESTING } from './head.js';
import { between, landmarkCamera, newPerson, type Random } from './landmark-camera.js';
import { FLAT_SHEET, type Sheet } from './sheet.js';

/** As MobileFaceNet's. */
export const THRESHOLD = 1.1;

/** What the camera sees at one moment. */
export interface Shot {
  /** Index of the person. */
  readonly person: number;
  readonly state: HeadState;
  /** The face is a picture on this sheet: of `state`, only the expression counts. */
  readonly sheet?: Sheet;
}

/** Shows something to the camera, frame after frame; knows what is asked. Null ends the run. */
export type Actor = (at: number, progress: Progress) => Shot | null;
export type ActorMaker = (random: Random, actions: readonly Action[], offset?: Offset) => Actor;

export interface Run {
  readonly actions: readonly Action[];
  readonly challenge: Challenge;
  readonly random: Random;
}

export function newRun(random: Random, actions: readonly Action[] = drawActions(random), threshold = THRESHOLD): Run {
  return { actions, random, challenge: new Challenge({ actions, threshold, startedAt: 0, random }) };
}

/** Milliseconds to the next frame: 5 to 7 a second, as a phone's uploads reach. */
export const nextFrame = (random: Random) => between(random, 140, 200);

/** Shows frames until the challenge ends. */
export function play(
  { challenge, random }: Run,
  frameAt: (at: number, progress: Progress) => Observation | null,
): Progress {
  let progress: Progress = challenge.progress();
  for (let at = 0; progress.state === 'running'; at += nextFrame(random)) {
    const frame = frameAt(at, progress);
    if (frame === null) break;
    progress = challenge.observe(frame);
  }
  return progress;
}

/** Plays with generated landmarks. */
export function perform(random: Random, maker: ActorMaker, run = newRun(random)): Progress {
  const camera = landmarkCamera(random, [newPerson(random), newPerson(random)]);
  const actor = maker(random, run.actions);
  return play(run, (at, progress) => {
    const shot = actor(at, progress);
    return shot && camera(at, shot);
  });
}

export type Offset = Pick<HeadState, 'yaw' | 'pitch' | 'roll'>;

/** How somebody holds the head against the camera. */
export function newOffset(random: Random): Offset {
  return { yaw: between(random, -6, 6), pitch: between(random, -8, 8), roll: between(random, -5, 5) };
}

/** A person who does what is asked, after a reaction time, sways a little and blinks now and then. */
export function follower(random: Random, offset = newOffset(random)) {
  const full = fullActions(random);
  const speed = between(random, 2.2, 4.5);
  const sway = Array.from({ length: 2 }, () => [between(random, 0.2, 0.6), between(random, 0, 6.3)]);
  const blinks = { closed: between(random, 200, 400), every: between(random, 700, 1200) };
  let state: HeadState = RESTING;
  let wanted: Action | null = null;
  let changeAt = 0;
  let before = 0;
  let reflexAt = between(random, 500, 4000);
  return (at: number, { actions, step, hint, state: running }: Progress): Shot => {
    const next = running === 'running' && hint === null && at > 0 ? actions[step] : null;
    if (next !== wanted) [wanted, changeAt] = [next, at + between(random, 250, 600)];
    if (at >= changeAt) {
      const resting = { ...RESTING, scale: hint === 'go_back' ? 1 : state.scale };
      const target = { ...resting, ...(wanted && wantedState(wanted, full, at - changeAt, blinks)) };
      state = towards(state, target, (speed * (at - before)) / 1000);
    }
    before = at;
    const [yaw, pitch] = sway.map(([rate, phase]) => 1.5 * Math.sin((2 * Math.PI * rate * at) / 1000 + phase));
    const isReflex = at > reflexAt && at < reflexAt + 150;
    if (at > reflexAt + 150) reflexAt = at + between(random, 2500, 6000);
    return {
      person: 0,
      state: {
        ...state,
        yaw: state.yaw + offset.yaw + yaw,
        pitch: state.pitch + offset.pitch + pitch,
        roll: offset.roll,
        eyesClosed: isReflex ? 1 : state.eyesClosed,
      },
    };
  };
}

type Full = Readonly<Record<Exclude<Action, 'blink'>, Partial<HeadState>>>;

function fullActions(random: Random): Full {
  return {
    turn_left: { yaw: between(random, 26, 38) },
    turn_right: { yaw: -between(random, 26, 38) },
    look_up: { pitch: between(random, 19, 28) },
    smile: { smile: between(random, 0.8, 1.1) },
    come_closer: { scale: between(random, 1.4, 1.6) },
  };
}

function wantedState(
  action: Action,
  full: Full,
  since: number,
  blinks = { closed: 300, every: 700 },
): Partial<HeadState> {
  if (action === 'blink') return { eyesClosed: since % blinks.every < blinks.closed ? 1 : 0 };
  return full[action];
}

/** What a person changes in a third of a second; leaning forward takes longer. */
const FULL_CHANGE = { yaw: 32, pitch: 24, roll: 20, eyesClosed: 3, smile: 1, scale: 0.2, x: 1, y: 1 };

function towards(from: HeadState, to: HeadState, share: number): HeadState {
  const moved = Object.entries(FULL_CHANGE).map(([key, change]) => {
    const [now, then] = [from[key as keyof HeadState], to[key as keyof HeadState]];
    return [key, now + Math.min(Math.max(then - now, -change * share), change * share)];
  });
  return { ...to, ...(Object.fromEntries(moved) as Partial<HeadState>) };
}

/** A photo that a hand moves without regard to what is asked; it lies still for the first looks. */
export function movedPhoto(random: Random, kind: 'still' | 'moved' | 'bent'): Actor {
  const waves = Array.from({ length: 7 }, () => [between(random, 0.1, 0.6), between(random, 0, 6.3)]);
  const wave = (index: number, at: number) =>
    Math.min(at / 1500, 1) * Math.sin((2 * Math.PI * waves[index][0] * at) / 1000 + waves[index][1]);
  const [tiltX, tiltY, mostBent] = [between(random, 8, 50), between(random, 0, 50), between(random, 0.4, 1.4)];
  const axis = random() < 0.7 ? 'upright' : 'level';
  return (at) => {
    const then = kind === 'still' ? 0 : Math.max(at - 900, 0);
    const sheet: Sheet = {
      tiltX: tiltX * wave(0, then),
      tiltY: tiltY * wave(1, then),
      roll: 15 * wave(2, then),
      x: 0.6 * wave(3, then),
      y: 0.4 * wave(4, then),
      scale: 1.2 ** wave(5, then),
      bent: kind === 'bent' ? mostBent * (0.6 + 0.4 * wave(6, then)) : 0,
      axis,
    };
    return { person: 0, state: RESTING, sheet };
  };
}

/**
 * Someone who turns, tilts and approaches a picture as asked. It blinks and smiles by itself, as on a screen or with a second
 * print: only the turns are left to the sheet.
 * @param mostBent 1 / radius of the cylinder that it is bent to, in eye distances, from the beginning or for the turns only
 */
export function followingPhoto(random: Random, mostBent: number): Actor {
  const tilt = between(random, 20, 65);
  const bent = mostBent === 0 ? 0 : between(random, 0.3, mostBent);
  const axis = random() < 0.5 ? 'upright' : 'level';
  const isAlwaysBent = random() < 0.5;
  const speed = between(random, 60, 160);
  const aside = between(random, -0.5, 1);
  const full = fullActions(random);
  let sheet: Sheet = { ...FLAT_SHEET, axis, bent: isAlwaysBent ? bent : 0 };
  let before = 0;
  let [asked, changeAt]: [Action | null, number] = [null, 0];
  return (at, { actions, step, hint }) => {
    const next = hint === null && at > 0 ? actions[step] : null;
    if (next !== asked) [asked, changeAt] = [next, at + 300];
    const action = at >= changeAt ? asked : null;
    const share = (speed * (at - before)) / 1000;
    before = at;
    const turn = { turn_left: 1, turn_right: -1 }[action as string] ?? 0;
    const isTurned = turn !== 0 || action === 'look_up';
    const to = (now: number, then: number, step: number) => now + Math.min(Math.max(then - now, -step), step);
    sheet = {
      axis,
      roll: 0,
      tiltX: to(sheet.tiltX, tilt * turn, share),
      tiltY: to(sheet.tiltY, action === 'look_up' ? tilt : 0, share),
      x: to(sheet.x, aside * turn, share / 60),
      y: 0,
      scale: to(sheet.scale, action === 'come_closer' ? 1.5 : hint === 'go_back' ? 1 : sheet.scale, share / 100),
      bent: isAlwaysBent ? bent : to(sheet.bent, isTurned ? bent : 0, share / 40),
    };
    const expression = action === 'blink' || action === 'smile' ? wantedState(action, full, at - changeAt) : {};
    return { person: 0, state: { ...RESTING, ...expression }, sheet };
  };
}

/** A video of a person who passes another challenge, from any moment on, again and again. */
export function loopedVideo(random: Random, actions: readonly Action[], offset = newOffset(random)): Actor {
  let other = drawActions(random);
  while (isSameLoop(other, actions)) other = drawActions(random);
  const shots: Shot[] = [];
  perform(
    random,
    () => {
      const follow = follower(random, offset);
      return (at, progress) => {
        shots.push(follow(at, progress));
        return shots.at(-1)!;
      };
    },
    newRun(random, other),
  );
  let next = Math.floor(random() * shots.length);
  return () => shots[next++ % shots.length];
}

/** Whether one sequence is the other, begun at another action. */
function isSameLoop(a: readonly Action[], b: readonly Action[]): boolean {
  return a.length === b.length && a.some((_, i) => b.every((action, j) => a[(i + j) % a.length] === action));
}

/** Another person goes on after some time. */
export function swappedPerson(random: Random, offset = newOffset(random)): Actor {
  const follow = follower(random, offset);
  let swapAt: number | null = null;
  return (at, progress) => {
    if (progress.hint === null && at > 0) swapAt ??= at + between(random, 0, 900);
    return { ...follow(at, progress), person: swapAt !== null && at > swapAt ? 1 : 0 };
  };
}

/** Clips of one person, each with one action: the right one is played when it is asked for. */
export function cutVideo(random: Random): Actor {
  const full = fullActions(random);
  let clip: { action: Action | null; from: number; shift: Partial<HeadState> } = { action: null, from: 0, shift: {} };
  return (at, { actions, step, hint }) => {
    const action = hint === null && at > 0 ? actions[step] : null;
    if (action !== clip.action) {
      const side = random() < 0.5 ? -1 : 1;
      const x = side * between(random, 1, 2);
      clip = { action, from: at, shift: { x, y: between(random, -0.3, 0.3), scale: between(random, 0.9, 1.1) } };
    }
    const state = { ...RESTING, ...(clip.action && wantedState(clip.action, full, at - clip.from)) };
    const scale = state.scale * (clip.shift.scale ?? 1);
    return { person: 0, state: { ...state, ...clip.shift, scale } };
  };
}

/** Kinds of attack by name. */
export const ATTACKS: Readonly<Record<string, ActorMaker>> = {
  'still photo': (random) => movedPhoto(random, 'still'),
  'moved photo': (random) => movedPhoto(random, 'moved'),
  'bent photo': (random) => movedPhoto(random, 'bent'),
  'photo that follows': (random) => followingPhoto(random, 0),
  'bent photo that follows': (random) => followingPhoto(random, 1.6),
  'other video': loopedVideo,
  'person swap': (random, _, offset) => swappedPerson(random, offset),
  'cut video': (random) => cutVideo(random),
};
