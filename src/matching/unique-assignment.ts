import type { Match } from './matcher.js';

export interface DisplacedFace {
  /** Index of the face. */
  readonly face: number;
  /** People who are assigned to other faces. */
  readonly excluded: ReadonlySet<string>;
}

export interface UniqueAssignmentOptions {
  /** The match with the higher value keeps the name; the first face on ties. */
  readonly strength?: (match: Match, face: number) => number;
  /** Matches faces again without the excluded people. */
  readonly rematch: (displaced: readonly DisplacedFace[]) => Promise<readonly Match[]>;
}

/**
 * Assigns each person to at most one face of an image: each face proposes to its nearest person, the person keeps the
 * nearest face, the other faces propose to their next, until there are no conflicts (deferred acceptance, Gale and
 * Shapley 1962). By distance alone the result is that of taking the pairs in order of distance: a face never loses a
 * person to a face that is further away. The minimum sum of distances (Hungarian method) does not guarantee that: it
 * may take a person from the clearly matching face so that another face gets a name.
 */
export async function assignUniquely(
  matches: readonly Match[],
  { strength = matchStrength, rematch }: UniqueAssignmentOptions,
): Promise<Match[]> {
  const result = [...matches];
  const excluded = result.map(() => new Set<string>());
  for (;;) {
    const losers = displaced(result, strength);
    if (losers.length === 0) return result;
    for (const face of losers) excluded[face].add(result[face].name!);
    const others = await rematch(losers.map((face) => ({ face, excluded: excluded[face] })));
    losers.forEach((face, i) => (result[face] = { ...others[i], taken: matches[face].name! }));
  }
}

/** The default strength: probability, else negative distance. */
export function matchStrength({ probability, distance }: Match): number {
  return probability ?? -(distance ?? Infinity);
}

/** @returns the faces whose name another face has a stronger claim to */
function displaced(matches: readonly Match[], strength: Required<UniqueAssignmentOptions>['strength']): number[] {
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
