import type { Match, Matcher } from '../../src/matching/matcher.js';

/** The result of a matcher for one face. */
export async function matchOf(matcher: Matcher, embedding: Float32Array, threshold: number): Promise<Match> {
  const [match] = await matcher.match([{ embedding }], threshold);
  return match;
}
