import { upperBound } from '../../../shared/statistics/metrics.js';
import { fitSigmoid, type Sigmoid } from '../../../shared/statistics/sigmoid.js';
import type { HeldOutFace } from './held-out.js';

/** The score cut-off for giving a name, and the conversion of scores to probabilities. */
export interface Decision {
  /** A face gets a name if its score is higher; otherwise it is unknown. */
  readonly cutOff: number;
  /** Maps a score to the probability that the name is right; fitted with equal weight for known faces and strangers. */
  readonly sigmoid: Sigmoid;
  /** Wanted share of strangers who get a name. */
  readonly far: number;
  readonly strangers: number;
  /** Number of them who got one. */
  readonly strangersNamed: number;
  /** Upper end of the 95 % confidence interval of that share. */
  readonly farAtMost: number;
}

/**
 * Chooses the lowest cut-off at which at most a share `far` of the strangers gets a name.
 * @param faces with at least one stranger
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

/** Repeats the smaller group until both are about equal: a face at the door is equally likely to be known or not. */
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
