import type { Liveness } from '../faces/liveness/liveness.js';
import type { Match } from '../matching/matcher.js';

/** `require`: only a face that is judged `live` gets a name. `off` also where the networks are not installed. */
export type LivenessPolicy = 'off' | 'report' | 'require';

/** Why a face has no name although it was compared with nobody. */
export interface Withheld {
  readonly withheld?: 'not_live';
}

/** The match of a face that may not be named: nothing about enrolled people. */
export const WITHHELD_MATCH: Match = { name: null, nearest: null, distance: null, runnerUp: null, margin: null };

/** @param live null where liveness is not judged */
export function mayName(policy: LivenessPolicy, live: Liveness | null): boolean {
  return policy !== 'require' || live?.verdict === 'live';
}

/** The field that tells that a name was withheld, for the faces of one answer. */
export function withheld(policy: LivenessPolicy, ...faces: readonly (Liveness | null)[]): Withheld {
  return faces.every((live) => mayName(policy, live)) ? {} : { withheld: 'not_live' };
}
