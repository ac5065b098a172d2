import { median } from '../shared/statistics/vectors.js';
import type { Action } from './actions.js';

/** A face against the first looks of the same person. */
export interface Change {
  /** Degrees. */
  readonly yaw: number;
  readonly pitch: number;
  /** Eye distance over the distance from eyes to mouth, as a factor. */
  readonly width: number;
  /** Difference of `ObservedFace.smile`. */
  readonly smile: number;
  /** How far the nose stands out, as a share of what the yaw says: see `Relief`. Null where the head is hardly turned. */
  readonly relief: number | null;
  /** Factors. */
  readonly eyesOpen: number;
  readonly size: number;
}

/**
 * From here on an action is done. Degrees, differences and factors as in `Change`; the shares of a blink are in CLOSED.
 * Of what generated people did, the networks saw these shares (10th percentile of the worst of 24 photos and the median):
 * turns 0.59 and 1.2, looking up 0.33 and 0.82, coming closer 0.91 and 1; a full smile 0.10 and 0.31.
 */
const DONE = { turn: 18, lookUp: 11, smile: 0.13, closer: 1.25 };
/** Seen without being asked for. Of 867 frames of held turns, 99 of 100 changed the smile by 0.18 and the pitch by 11 at most. */
const UNASKED = { turn: 18, lookUp: 14, smile: 0.2, closer: 1.3 };
/** Shares of the opening before. Of 48 photos with closed eyes, 79 and 96 % are below (by half), of open ones 0 to 0.5 %. */
const [CLOSED, OPEN] = [0.85, 0.9];
const LONGEST_BLINK_MS = 1500;
const ACTION_FRAMES = 2;

/** How far an action is done in one frame: 1 and more is done; for a blink, the share that the eyes are closed. */
export function amountOf(action: Action, change: Change, limits = DONE): number {
  switch (action) {
    case 'turn_left':
      return change.yaw / limits.turn;
    case 'turn_right':
      return -change.yaw / limits.turn;
    case 'look_up':
      return change.pitch / limits.lookUp;
    case 'blink':
      return (1 - change.eyesOpen) / (1 - CLOSED);
    case 'smile':
      return change.smile / limits.smile;
    case 'come_closer':
      return (change.size - 1) / (limits.closer - 1);
  }
}

/** Whether a frame shows an action that was not asked for. */
export function isUnasked(action: Action, change: Change): boolean {
  return amountOf(action, change, UNASKED) >= 1 && (action !== 'blink' || isAhead(change));
}

const AHEAD = { yaw: 10, pitch: 10, smile: 0.12, size: 1.2 };

export function isAhead({ yaw, pitch, smile, size }: Change): boolean {
  return (
    Math.abs(yaw) < AHEAD.yaw && Math.abs(pitch) < AHEAD.pitch && Math.abs(smile) < AHEAD.smile && size < AHEAD.size
  );
}

/**
 * How much narrower or shorter than its pose says a face may be. The least of 9,127 frames of turned photos was 0.82 and
 * 0.94; photos that were bent and tilted back until they seemed to look up were below 0.9.
 */
const [LEAST_WIDTH, LEAST_HEIGHT] = [0.8, 0.91];

/**
 * Whether a face became narrow or short without a nose that moved against eyes and mouth: a flat or bent picture that is
 * turned. The nose of a picture stays where it is between eyes and mouth.
 */
export function isFlat({ yaw, pitch, width }: Change): boolean {
  const narrow = width / Math.cos((Math.min(Math.abs(yaw), 60) * Math.PI) / 180);
  const short = 1 / width / Math.cos((Math.min(Math.abs(pitch), 60) * Math.PI) / 180);
  // Of a face that is turned far, the networks see the height wrongly.
  return narrow < LEAST_WIDTH || (short < LEAST_HEIGHT && Math.abs(yaw) < DONE.turn);
}

/** Median of `Change.relief` over a turn: 0.06 to 0.57 for generated heads, 98 of 100 above; 0.15 to 0.2 of bent photos. */
const LEAST_RELIEF = 0.1;

/** Follows one action over frames. */
export class ActionMeasure {
  private frames = 0;
  private done = 0;
  private closedAt: number | null = null;
  private readonly reliefs: number[] = [];

  constructor(readonly action: Action) {}

  /** @returns how far the action is done, 0..1 */
  add(at: number, change: Change): number {
    const amount = amountOf(this.action, change);
    if (this.action === 'blink') return this.addBlink(at, change.eyesOpen, isAhead(change));
    this.frames = amount >= 1 ? this.frames + 1 : 0;
    if (change.relief !== null) this.reliefs.push(change.relief);
    const isDone = this.frames >= ACTION_FRAMES && this.standsOut();
    this.done = isDone ? 1 : Math.min(Math.max(amount, 0), 0.99);
    return this.done;
  }

  private standsOut(): boolean {
    if (this.action !== 'turn_left' && this.action !== 'turn_right') return true;
    return this.reliefs.length > 0 && median(this.reliefs) >= LEAST_RELIEF;
  }

  /** The eyes close and open again while the head looks ahead. */
  private addBlink(at: number, eyesOpen: number, ahead: boolean): number {
    if (!ahead || (this.closedAt !== null && at - this.closedAt > LONGEST_BLINK_MS)) this.closedAt = null;
    else if (eyesOpen < CLOSED) this.closedAt ??= at;
    else if (eyesOpen > OPEN && this.closedAt !== null) return 1;
    return this.closedAt === null ? 0 : 0.5;
  }
}
