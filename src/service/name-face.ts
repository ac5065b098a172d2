import type { Match, Matcher } from '../match/matcher.js';

/** Whom to ask for a name, and within what. */
export interface Naming {
  readonly matcher: Matcher;
  /** Plain Euclidean distance. */
  readonly threshold: number;
  /** What the client asked for, where it did: a trained matcher has a cut-off of its own and gives no name beyond this either. */
  readonly asked: number | undefined;
}

export function nameFace(embedding: Float32Array, { matcher, threshold, asked }: Naming): Match {
  const match = matcher.match(embedding, threshold);
  const tooFar = asked !== undefined && (match.distance ?? Infinity) > asked;
  return tooFar ? { ...match, name: null } : match;
}
