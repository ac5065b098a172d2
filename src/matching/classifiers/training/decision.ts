import { upperBound } from '../../../shared/statistics/confidence.js';
import { fitSigmoid, type Sigmoid } from '../../../shared/statistics/sigmoid.js';
import type { HeldOutFace } from './held-out.js';

/** Where a score becomes a name, and what chance it then has to be right. */
export interface Decision {
  /** A face is given a name when its score is above this; else it is unknown. */
  readonly cutOff: number;
  /** From a score to the chance that the name is right; fitted with known faces and strangers of equal weight. */
  readonly sigmoid: Sigmoid;
  /** The wanted share of strangers who are given a name. */
  readonly far: number;
  readonly strangers: number;
  /** How many of them were given one all the same. */
  readonly strangersNamed: number;
  /** What share that may be in truth: upper end of the 95 % interval. */
  readonly farAtMost: number;
}

/**
 * Chooses the lowest cut-off at which at most `far` of the strangers are given a name.
 * @param faces with at least one stranger among them
 */
export function decide(faces: readonly HeldOutFace[], far: number): Decision {
  const strangers = faces.filter(({ person }) => person === null);
  const scores = strangers.map(({ ranking }) => ranking.score).sort((a, b) => b - a);
  const cutOff = scores[Math.min(scores.length - 1, Math.floor(far * scores.length))];
  const strangersNamed = scores.filter((score) => score > cutOff).length;
  return {
    cutOff,
    sigmoid: balancedSigmoid(faces),
    far,
    strangers: scores.length,
    strangersNamed,
    farAtMost: upperBound(strangersNamed, scores.length),
  };
}

/** The smaller group is repeated until both are about as large, as a face at the door is as likely one as the other. */
function balancedSigmoid(faces: readonly HeldOutFace[]): Sigmoid {
  const known = faces.filter(({ person }) => person !== null);
  const strangers = faces.filter(({ person }) => person === null);
  const larger = Math.max(known.length, strangers.length);
  const repeat = (group: readonly HeldOutFace[]) =>
    Array.from({ length: Math.max(1, Math.round(larger / Math.max(1, group.length))) }, () => group).flat();
  const balanced = [...repeat(known), ...repeat(strangers)];
  return fitSigmoid(
    balanced.map(({ ranking }) => ranking.score),
    balanced.map(({ person, ranking }) => person === ranking.best),
  );
}
