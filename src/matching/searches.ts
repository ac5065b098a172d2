import { smallestBut } from './classifiers/classifier.js';
import { rowOf, rowsByPerson, squaredDistances, type Samples } from './classifiers/samples.js';

/** What searching the gallery for faces gave, one value a search. Distances are plain Euclidean. */
export interface Searches {
  /** To the nearest other example of the same person. */
  readonly genuine: Float64Array;
  /** For each of those, to the nearest example of anybody else; Infinity where there is nobody else. */
  readonly genuineRival: Float64Array;
  /** From someone who is not in the gallery to the nearest example in it: the best of all, as a search goes. */
  readonly impostor: Float64Array;
  /** How many different people the searches of strangers are of. */
  readonly impostorPeople: number;
  /** Among how many people a stranger was searched. */
  readonly searchedPeople: number;
  readonly strangersFrom: 'given' | 'left-out people';
}

/** Of a large gallery this many examples, spread evenly, are searched for: enough to tell a rate of one in a thousand. */
const MAX_PROBES = 4000;

/**
 * Searches for every example among the others, and for every stranger. Where no strangers are given, everyone stands in
 * in turn, searched among the rest.
 */
export function searchEverybody(samples: Samples, strangers: Samples): Searches {
  const rowsOf = rowsByPerson(samples);
  const people = rowsOf.filter(({ length }) => length > 0).length;
  const given = strangers.person.length > 0;
  const genuine: number[] = [];
  const genuineRival: number[] = [];
  const impostor: number[] = [];
  for (const row of spread(samples.person.length)) {
    const squared = squaredDistances(samples, rowOf(samples, row));
    const own = rowsOf[samples.person[row]];
    const rival = nearestBut(squared, own);
    if (!given && rival < Infinity) impostor.push(rival);
    if (own.length < 2) continue;
    genuine.push(Math.sqrt(Math.min(...own.map((other) => (other === row ? Infinity : squared[other])))));
    genuineRival.push(rival);
  }
  for (const row of given && people > 0 ? spread(strangers.person.length) : []) {
    impostor.push(nearestBut(squaredDistances(samples, rowOf(strangers, row)), []));
  }
  return {
    genuine: Float64Array.from(genuine),
    genuineRival: Float64Array.from(genuineRival),
    impostor: Float64Array.from(impostor),
    impostorPeople: given ? new Set(strangers.person).size : people,
    searchedPeople: given ? people : Math.max(0, people - 1),
    strangersFrom: given ? 'given' : 'left-out people',
  };
}

function nearestBut(squared: Float64Array, excepted: readonly number[]): number {
  const masked = squared.slice();
  for (const row of excepted) masked[row] = Infinity;
  const nearest = smallestBut(masked, null);
  return nearest === null ? Infinity : Math.sqrt(masked[nearest]);
}

function spread(count: number): number[] {
  const taken = Math.min(count, MAX_PROBES);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken));
}
