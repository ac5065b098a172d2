import type { Observation } from './observation.js';

/**
 * What a person can be asked to do. Left and right are the person's own: after `turn_left` the nose points to the right
 * edge of the camera's picture (yaw > 0), and to the left edge of a page that shows this picture mirrored.
 */
export const ACTIONS = ['turn_left', 'turn_right', 'look_up', 'blink', 'smile', 'come_closer'] as const;
export type Action = (typeof ACTIONS)[number];

/** What the person should change now; null where nothing is in the way. */
export const HINTS = [
  'no_face',
  'one_person',
  'too_dark',
  'come_closer',
  'go_back',
  'move_to_centre',
  'look_ahead',
  'hold_still',
] as const;
export type Hint = (typeof HINTS)[number];

/** Why a challenge failed. */
export const FAILURES = ['time_over', 'another_person', 'jump', 'wrong_action', 'flat', 'spoof'] as const;
export type Failure = (typeof FAILURES)[number];

export interface Progress {
  readonly state: 'running' | 'passed' | 'failed';
  /** Index of the current action; `actions.length` after the last one. */
  readonly step: number;
  readonly actions: readonly Action[];
  /** How far the current action is done, 0..1. */
  readonly done: number;
  readonly hint: Hint | null;
  readonly failure: Failure | null;
}

export interface ChallengeOptions {
  readonly actions: readonly Action[];
  /** Largest distance of two looks of one person, of the embedder that makes the observations. */
  readonly threshold: number;
  /** Milliseconds of the clock of `Observation.at`. */
  readonly startedAt: number;
}

/** Decides over the frames of one challenge. */
export class Challenge {
  constructor(private readonly options: ChallengeOptions) {}

  /** @param _observation the next frame; frames after the end change nothing */
  observe(_observation: Observation): Progress {
    const { actions } = this.options;
    return { state: 'running', step: 0, actions, done: 0, hint: null, failure: null };
  }
}

/**
 * Draws the actions of a challenge: two or three different ones in random order.
 * @param random 0 (included) to 1 (excluded); cryptographically secure in the server
 * @param without actions that the person cannot do
 */
export function drawActions(random: () => number, without: readonly Action[] = []): Action[] {
  const left = ACTIONS.filter((action) => !without.includes(action));
  const drawn: Action[] = [];
  const count = 2 + Math.floor(random() * 2);
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
