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
  /** Factors. */
  readonly eyesOpen: number;
  readonly size: number;
}

/** Degrees; see `amountOf`. */
const TURN = 20;
const LOOK_UP = 14;
/** Nine generated smiles changed it by 0.22 to 0.40, turns of 30° by up to 0.16, one nod of 15° down by 0.21. */
const SMILE = 0.18;
const CLOSER = 1.3;
/** Shares of the opening before. */
const [CLOSED, OPEN] = [0.66, 0.8];
const LONGEST_BLINK_MS = 1500;
const ACTION_FRAMES = 2;

/** How far an action is done in one frame: 1 and more is done; for a blink, the share that the eyes are closed. */
export function amountOf(action: Action, change: Change): number {
  switch (action) {
    case 'turn_left':
      return change.yaw / TURN;
    case 'turn_right':
      return -change.yaw / TURN;
    case 'look_up':
      return change.pitch / LOOK_UP;
    case 'blink':
      return (1 - change.eyesOpen) / (1 - CLOSED);
    case 'smile':
      return change.smile / SMILE;
    case 'come_closer':
      return (change.size - 1) / (CLOSER - 1);
  }
}

const AHEAD = { yaw: 10, pitch: 10, smile: 0.12, size: 1.2 };

export function isAhead({ yaw, pitch, smile, size }: Change): boolean {
  return (
    Math.abs(yaw) < AHEAD.yaw && Math.abs(pitch) < AHEAD.pitch && Math.abs(smile) < AHEAD.smile && size < AHEAD.size
  );
}

/** How much narrower or shorter than its pose says a face may be. */
const LEAST_SHAPE = 0.8;

/**
 * Whether a face became narrow or short without a nose that moved against eyes and mouth: a flat or bent picture that is
 * turned. The nose of a picture stays where it is between eyes and mouth.
 */
export function isFlat({ yaw, pitch, width }: Change): boolean {
  const narrow = width / Math.cos((Math.min(Math.abs(yaw), 60) * Math.PI) / 180);
  const short = 1 / width / Math.cos((Math.min(Math.abs(pitch), 60) * Math.PI) / 180);
  return narrow < LEAST_SHAPE || short < LEAST_SHAPE;
}

/** Follows one action over frames. */
export class ActionMeasure {
  private frames = 0;
  private done = 0;
  private closedAt: number | null = null;

  constructor(readonly action: Action) {}

  /** @returns how far the action is done, 0..1 */
  add(at: number, change: Change): number {
    const amount = amountOf(this.action, change);
    if (this.action === 'blink') return this.addBlink(at, change.eyesOpen, isAhead(change));
    this.frames = amount >= 1 ? this.frames + 1 : 0;
    this.done = this.frames >= ACTION_FRAMES ? 1 : Math.min(Math.max(amount, 0), 0.99);
    return this.done;
  }

  /** The eyes close and open again while the head looks ahead. */
  private addBlink(at: number, eyesOpen: number, ahead: boolean): number {
    if (!ahead || (this.closedAt !== null && at - this.closedAt > LONGEST_BLINK_MS)) this.closedAt = null;
    else if (eyesOpen < CLOSED) this.closedAt ??= at;
    else if (eyesOpen > OPEN && this.closedAt !== null) return 1;
    return this.closedAt === null ? 0 : 0.5;
  }
}
