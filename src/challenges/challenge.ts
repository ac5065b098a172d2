import { ActionMeasure, type Change, isAhead, isFlat, isUnasked } from './action-measure.js';
import { ACTIONS, type Action, TURNS } from './actions.js';
import { Continuity, type Look } from './continuity.js';
import { FirstLooks } from './first-looks.js';
import { type Hint, hintOf, unsureHintOf } from './hints.js';
import type { Observation, ObservedFace } from './observation.js';

export { ACTIONS, type Action, drawActions } from './actions.js';
export { HINTS, type Hint } from './hints.js';

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
  /** 0 (included) to 1 (excluded): how long the pauses between the actions are. Default: `Math.random`. */
  readonly random?: () => number;
}

/** Time for all actions, milliseconds. */
export const CHALLENGE_MS = 20_000;
/** Without a frame of the face for longer than this, the challenge begins again. */
const LONGEST_GAP_MS = 1000;
/** Frames that must show an action, so that one wrong measurement is none. */
const ACTION_FRAMES = 2;
/** An unasked smile or approach for longer than this begins the challenge again; a person cannot help a short one. */
const UNASKED_MS = 600;
/** A reflex closes the eyes for 100 to 200 ms; closed eyes for longer than this begin the challenge again. */
const UNASKED_BLINK_MS = 300;
/** The person looks ahead between two actions for a random time, so that a recording acts at the wrong time. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [400, 1000];
/** After the last action a recording goes on with the next one. */
const LAST_PAUSE_MS = 1200;
/** Of the frames that the passive check judged. */
const MOST_SPOOF_SHARE = 0.5;
type Phase = 'first_looks' | 'action' | 'look_ahead' | 'ended';

/**
 * Decides over the frames of one challenge. The person looks ahead first, so that later frames have something to be
 * compared with; after each action the person looks ahead again. While `hint` is not null, show it instead of the action.
 */
export class Challenge {
  private phase: Phase = 'first_looks';
  private step = 0;
  private done = 0;
  private hint: Hint | null = null;
  private failure: Failure | null = null;
  private reference = new FirstLooks();
  private line: Continuity;
  private lastAt = -Infinity;
  private measure: ActionMeasure | null = null;
  private aheadSince: number | null = null;
  private pauseMs = 0;
  private strangeLooks = 0;
  private flatLooks = 0;
  private scores: number[] = [];
  private spoofs = 0;
  private readonly unasked = new Map<Action, { since: number; frames: number }>();

  constructor(private readonly options: ChallengeOptions) {
    this.line = new Continuity(options.threshold);
  }

  /** @param observation the next frame; frames after the end, and frames that are older than the last one, change nothing */
  observe(observation: Observation): Progress {
    if (this.phase !== 'ended' && observation.at > this.lastAt) this.see(observation);
    return this.progress();
  }

  /** Embeddings of the first looks since the challenge began (again), with which the later frames are compared. */
  get looks(): readonly Float32Array[] {
    return this.reference.embeddings;
  }

  /** Mean score of the passive check over the same frames and the later ones, 0..1; null where it judged none. */
  get score(): number | null {
    const { scores } = this;
    return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  /** The state without a frame. @param at now; ends a challenge whose time is over */
  progress(at?: number): Progress {
    if (at !== undefined && this.phase !== 'ended' && at - this.options.startedAt > CHALLENGE_MS)
      this.fail('time_over');
    const { failure, step, done, hint } = this;
    const state = this.phase !== 'ended' ? 'running' : failure === null ? 'passed' : 'failed';
    return { state, step, actions: this.options.actions, done, hint, failure };
  }

  private see({ at, image, faces }: Observation): void {
    this.hint = null;
    this.lastAt = at;
    if (at - this.options.startedAt > CHALLENGE_MS) return this.fail('time_over');
    if (at - (this.line.seenAt ?? at) > LONGEST_GAP_MS) this.restart();
    this.hint = hintOf(image, faces);
    if (this.hint !== null) return;
    const face = faces[0];
    const look = { at, face };
    const found = this.line.add(look);
    if (found === 'left_out') return;
    if (found !== 'continued') return this.fail(found);
    this.judge(face);
    if (this.phase === 'first_looks') return this.lookFirst(look, image);
    const change = this.reference.changeOf(face);
    if (change === null) return;
    if (this.isStrange(face, change)) return this.fail('another_person');
    this.flatLooks = isFlat(change) ? this.flatLooks + 1 : 0;
    if (this.flatLooks >= ACTION_FRAMES) return this.fail('flat');
    if (this.flatLooks > 0) return;
    if (this.phase === 'action') this.act(at, change, face);
    else this.lookAhead(at, change, face);
  }

  private judge({ live }: ObservedFace): void {
    if (!live || live.score === null || live.verdict === 'unsure') return;
    this.scores.push(live.score);
    if (live.verdict === 'spoof') this.spoofs++;
  }

  private lookFirst(look: Look, image: Observation['image']): void {
    // The first looks have to be judged; later ones may be too close or cut off.
    this.hint = unsureHintOf(look.face);
    if (this.hint !== null) return this.reference.clear();
    this.hint = this.reference.add(look, image, this.options.actions.includes('come_closer'));
    if (this.reference.isComplete) this.ask(0);
    else this.hint ??= 'look_ahead';
  }

  private ask(step: number): void {
    this.step = step;
    this.done = 0;
    this.hint = null;
    this.unasked.clear();
    if (step === this.options.actions.length) return this.end();
    this.phase = 'action';
    this.measure = new ActionMeasure(this.options.actions[step]);
  }

  private act(at: number, change: Change, face: ObservedFace): void {
    const measure = this.measure!;
    if (this.isWrong(at, change, measure.action)) return;
    this.done = measure.add(at, change);
    if (this.done < 1) return;
    this.phase = 'look_ahead';
    this.hint = 'look_ahead';
    this.aheadSince = null;
    this.unasked.clear();
    if (measure.action === 'come_closer') this.reference.rebaseSize(face);
    const isLast = this.step + 1 === this.options.actions.length;
    const random = (this.options.random ?? Math.random)();
    this.pauseMs = isLast ? LAST_PAUSE_MS : SHORTEST_PAUSE_MS + random * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
  }

  private lookAhead(at: number, change: Change, face: ObservedFace): void {
    this.hint = 'look_ahead';
    if (this.aheadSince === null) {
      if (!isAhead(change)) return;
      this.aheadSince = at;
      if (this.measure!.action === 'come_closer') this.reference.rebaseSize(face);
    }
    if (this.isWrong(at, change, null)) return;
    if (at - this.aheadSince >= this.pauseMs && isAhead(change)) this.ask(this.step + 1);
  }

  /** Whether the face does what it was not asked for; fails or begins again then. */
  private isWrong(at: number, change: Change, asked: Action | null): boolean {
    for (const action of ACTIONS) {
      if (action === asked) continue;
      if (!isUnasked(action, change)) {
        this.unasked.delete(action);
        continue;
      }
      const seen = this.unasked.get(action) ?? { since: at, frames: 0 };
      seen.frames++;
      this.unasked.set(action, seen);
      const isTurn = TURNS.includes(action);
      if (isTurn && seen.frames >= ACTION_FRAMES) {
        this.fail('wrong_action');
        return true;
      }
      if (!isTurn && at - seen.since >= (action === 'blink' ? UNASKED_BLINK_MS : UNASKED_MS)) {
        this.restart();
        return true;
      }
    }
    return false;
  }

  private isStrange(face: ObservedFace, change: Change): boolean {
    if (!isAhead(change)) return false;
    const isSame = this.reference.distanceTo(face.embedding) <= this.options.threshold;
    this.strangeLooks = isSame ? 0 : this.strangeLooks + 1;
    return this.strangeLooks >= ACTION_FRAMES;
  }

  private end(): void {
    if (this.spoofs > MOST_SPOOF_SHARE * this.scores.length) this.fail('spoof');
    this.phase = 'ended';
    this.hint = null;
  }

  private fail(failure: Failure): void {
    this.failure = failure;
    this.phase = 'ended';
    this.hint = null;
  }

  private restart(): void {
    this.phase = 'first_looks';
    this.step = 0;
    this.done = 0;
    this.hint = 'look_ahead';
    this.reference = new FirstLooks();
    this.line = new Continuity(this.options.threshold);
    this.strangeLooks = 0;
    this.flatLooks = 0;
    // Looks of another face must not count for this one.
    this.spoofs = 0;
    this.scores = [];
    this.unasked.clear();
  }
}
