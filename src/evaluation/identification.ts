/**
 * Open-set identification: how often a search gives the right name, a wrong one, or none. Each search finds the nearest
 * enrolled person; a name is given when their distance is at most the threshold. Terms of ISO/IEC 19795-1: FNIR, the
 * false-negative identification rate, is the share of enrolled people who do not get their own name; FPIR, the
 * false-positive identification rate, the share of strangers who get any. Rates are 0..1; NaN where there is no search.
 */

/** What one search found first. */
export interface Search {
  /** Whose photo it is; null for a stranger. */
  readonly person: string | null;
  /** The nearest enrolled person. */
  readonly nearest: string;
  /** Plain Euclidean distance to them. */
  readonly distance: number;
}

export interface IdentificationRates {
  readonly threshold: number;
  readonly fnir: number;
  readonly fpir: number;
}

/** The share of enrolled people's searches whose nearest person is the right one, at whatever distance. */
export function rankOne(searches: readonly Search[]): number {
  const mated = searches.filter(({ person }) => person !== null);
  return mated.filter(({ person, nearest }) => person === nearest).length / mated.length;
}

export function ratesAtThreshold(searches: readonly Search[], threshold: number): IdentificationRates {
  let [mated, named, strangers, falseNames] = [0, 0, 0, 0];
  for (const { person, nearest, distance } of searches) {
    const isNamed = distance <= threshold;
    if (person === null) {
      strangers++;
      if (isNamed) falseNames++;
    } else {
      mated++;
      if (isNamed && person === nearest) named++;
    }
  }
  return { threshold, fnir: 1 - named / mated, fpir: falseNames / strangers };
}

/** The largest threshold of those that occur at which at most `fpir` of the strangers get a name, and its rates. */
export function ratesAtFpir(searches: readonly Search[], fpir: number): IdentificationRates {
  const strangers = distancesOf(searches.filter(({ person }) => person === null));
  const allowed = Math.floor(fpir * strangers.length + 1e-9);
  const limit = allowed < strangers.length ? strangers[allowed] : Infinity;
  const below = distancesOf(searches).filter((distance) => distance < limit);
  return ratesAtThreshold(searches, below.at(-1) ?? 0);
}

/** The detection error trade-off: every operating point, by rising threshold, so that FPIR rises and FNIR falls. */
export function detCurve(searches: readonly Search[]): IdentificationRates[] {
  const mated = searches.filter(({ person }) => person !== null).length;
  const strangers = searches.length - mated;
  const points: IdentificationRates[] = [{ threshold: 0, fnir: 1, fpir: 0 }];
  let [named, falseNames] = [0, 0];
  const sorted = [...searches].sort((a, b) => a.distance - b.distance);
  sorted.forEach(({ person, nearest, distance }, i) => {
    if (person === null) falseNames++;
    else if (person === nearest) named++;
    if (sorted.at(i + 1)?.distance === distance) return;
    points.push({ threshold: distance, fnir: 1 - named / mated, fpir: falseNames / strangers });
  });
  return points;
}

function distancesOf(searches: readonly Search[]): number[] {
  return searches.map(({ distance }) => distance).sort((a, b) => a - b);
}
