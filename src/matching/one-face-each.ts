import type { Match } from './matcher.js';

export interface Displaced {
  /** Which of the faces. */
  readonly face: number;
  /** Who has a face that is nearer. */
  readonly without: ReadonlySet<string>;
}

export interface OneFaceEach {
  /** How well a match suits; the greater keeps the name. Of equals the first face does. */
  readonly strength?: (match: Match, face: number) => number;
  /** Matches of faces that cannot be some people. */
  readonly again: (displaced: readonly Displaced[]) => Promise<readonly Match[]>;
}

/**
 * Gives nobody two faces of one picture. Every face asks for its nearest person, everyone keeps the face that is nearest,
 * the others ask for their next, until nobody is asked for twice (deferred acceptance, Gale and Shapley 1962). Where
 * nearness alone counts that gives what taking the pairs by distance gives: a face never loses a person to a face that
 * is further away. The least sum of distances, which the Hungarian method finds, does not promise that: it takes somebody from
 * the face that is clearly theirs so that another face may have a name, too.
 */
export async function oneFaceEach(
  matches: readonly Match[],
  { strength = strengthOf, again }: OneFaceEach,
): Promise<Match[]> {
  const result = [...matches];
  const without = result.map(() => new Set<string>());
  for (;;) {
    const losers = displaced(result, strength);
    if (losers.length === 0) return result;
    for (const face of losers) without[face].add(result[face].name!);
    const others = await again(losers.map((face) => ({ face, without: without[face] })));
    losers.forEach((face, i) => (result[face] = { ...others[i], taken: matches[face].name! }));
  }
}

/** How well a match suits among others of its matcher. */
export function strengthOf({ probability, distance }: Match): number {
  return probability ?? -(distance ?? Infinity);
}

/** @returns the faces that have a name which another face suits better */
function displaced(matches: readonly Match[], strength: Required<OneFaceEach>['strength']): number[] {
  const holders = new Map<string, number>();
  const losers: number[] = [];
  matches.forEach((match, face) => {
    if (match.name === null) return;
    const holder = holders.get(match.name);
    const wins = holder === undefined || strength(match, face) > strength(matches[holder], holder);
    if (wins) holders.set(match.name, face);
    const loser = wins ? holder : face;
    if (loser !== undefined) losers.push(loser);
  });
  return losers;
}
