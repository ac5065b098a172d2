import { argMin } from '../classifiers/classifier.js';
import { rowOf, rowsByPerson, squaredDistances, type Samples } from '../classifiers/samples.js';

/** Distances of genuine and impostor searches in the gallery, one value per search. Euclidean. */
export interface SearchDistances {
  /** To the nearest other example of the same person. */
  readonly genuine: Float64Array;
  /** For each genuine search, to the nearest example of another person; Infinity when there is none. */
  readonly genuineRival: Float64Array;
  /** From a person who is not enrolled to the nearest example of anybody. */
  readonly impostor: Float64Array;
  /** Number of different people in impostor searches. */
  readonly impostorPeople: number;
  /** Number of people searched in an impostor search. */
  readonly searchedPeople: number;
  readonly strangersFrom: 'given' | 'left-out people';
}

/** Maximum number of examples searched for, evenly spaced: enough to measure a rate of 1 in 1000. */
const MAX_PROBES = 4000;

/**
 * Searches for every example among the others, and for every stranger. Without strangers, each person in turn is
 * searched among the others as an impostor.
 */
export function searchDistances(samples: Samples, strangers: Samples): SearchDistances {
  const rowsOf = rowsByPerson(samples);
  const people = rowsOf.filter(({ length }) => length > 0).length;
  const hasStrangers = strangers.person.length > 0;
  const genuine: number[] = [];
  const genuineRival: number[] = [];
  const impostor: number[] = [];
  for (const row of evenlySpaced(samples.person.length)) {
    const squared = squaredDistances(samples, rowOf(samples, row));
    const own = rowsOf[samples.person[row]];
    const rival = nearestExcept(squared, own);
    if (!hasStrangers && rival < Infinity) impostor.push(rival);
    if (own.length < 2) continue;
    genuine.push(Math.sqrt(Math.min(...own.map((other) => (other === row ? Infinity : squared[other])))));
    genuineRival.push(rival);
  }
  for (const row of hasStrangers && people > 0 ? evenlySpaced(strangers.person.length) : []) {
    impostor.push(nearestExcept(squaredDistances(samples, rowOf(strangers, row)), []));
  }
  return {
    genuine: Float64Array.from(genuine),
    genuineRival: Float64Array.from(genuineRival),
    impostor: Float64Array.from(impostor),
    impostorPeople: hasStrangers ? new Set(strangers.person).size : people,
    searchedPeople: hasStrangers ? people : Math.max(0, people - 1),
    strangersFrom: hasStrangers ? 'given' : 'left-out people',
  };
}

function nearestExcept(squared: Float64Array, excepted: readonly number[]): number {
  const masked = squared.slice();
  for (const row of excepted) masked[row] = Infinity;
  const nearest = argMin(masked, null);
  return nearest === null ? Infinity : Math.sqrt(masked[nearest]);
}

function evenlySpaced(count: number): number[] {
  const taken = Math.min(count, MAX_PROBES);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken));
}
