import { histogram, type Histogram, upperBound } from '../../shared/statistics/metrics.js';
import type { SearchDistances } from './search-distances.js';

/** Rates at one threshold, as shares of searches, 0..1; NaN when there was no such search. */
export interface SearchRates {
  readonly threshold: number;
  /** False-accept rate: impostor searches that return a name. */
  readonly far: number;
  /** False-reject rate: genuine searches that do not return the person's name. */
  readonly frr: number;
  /** Share of genuine searches that return another person's name. */
  readonly misnamed: number;
}

export type CalibrationWarning =
  'no_searches' | 'few_searches' | 'few_people' | 'few_genuine' | 'stand_ins' | 'many_rejected';

export interface Calibration {
  readonly people: number;
  readonly examples: number;
  readonly genuineSearches: number;
  readonly impostorSearches: number;
  readonly impostorPeople: number;
  /** Number of people searched in an impostor search. */
  readonly searchedPeople: number;
  readonly strangersFrom: SearchDistances['strangersFrom'];
  /** Wanted false-accept rate per search. */
  readonly wantedFar: number;
  /** The highest threshold within the wanted rate; null without impostor searches. */
  readonly recommended: SearchRates | null;
  /** Upper end of the 95 % confidence interval of the false-accept rate there. */
  readonly farAtMost: number;
  /** Impostor searches needed to measure the wanted rate: 3 / rate (rule of three). */
  readonly searchesNeeded: number;
  readonly table: readonly SearchRates[];
  /** Genuine: distance to the person's nearest example. Impostor: distance to the nearest example of anybody. */
  readonly histogram: Histogram;
  readonly warnings: readonly CalibrationWarning[];
}

const BINS = 60;
const TABLE_STEPS = [0.01, 0.02, 0.05, 0.1];
const MAX_ROWS = 24;
/** Thresholds are rounded to this step. */
const STEP = 0.001;
/** With fewer different strangers the result depends on who they are. */
const ENOUGH_STRANGERS = 30;
const ENOUGH_GENUINE = 30;
const MANY_REJECTED = 0.1;

/** Recommends a threshold. Its false-accept rate is per search in the whole gallery, not per pair. */
export function calibrate(
  searches: SearchDistances,
  { people, examples }: { readonly people: number; readonly examples: number },
  wantedFar: number,
): Calibration {
  const recommended = recommend(searches, wantedFar);
  const named = recommended === null ? 0 : countAccepted(searches.impostor, recommended.threshold);
  const figures = {
    people,
    examples,
    genuineSearches: searches.genuine.length,
    impostorSearches: searches.impostor.length,
    impostorPeople: searches.impostorPeople,
    searchedPeople: searches.searchedPeople,
    strangersFrom: searches.strangersFrom,
    wantedFar,
    recommended,
    farAtMost: upperBound(named, searches.impostor.length),
    searchesNeeded: Math.ceil(3 / wantedFar),
  };
  return { ...figures, ...chartOf(searches), warnings: warningsOf(figures) };
}

/** The rates at a threshold. */
export function ratesAt({ genuine, genuineRival, impostor }: SearchDistances, threshold: number): SearchRates {
  let [rejected, misnamed] = [0, 0];
  genuine.forEach((own, i) => {
    const rival = genuineRival[i];
    if (own <= threshold && own <= rival) return;
    rejected++;
    if (rival <= threshold && rival < own) misnamed++;
  });
  return {
    threshold,
    far: countAccepted(impostor, threshold) / impostor.length,
    frr: rejected / genuine.length,
    misnamed: misnamed / genuine.length,
  };
}

function recommend(searches: SearchDistances, wantedFar: number): SearchRates | null {
  const nearest = searches.impostor.filter((distance) => distance < Infinity).sort();
  if (nearest.length === 0) return null;
  const firstRefused = nearest[Math.min(nearest.length - 1, Math.floor(wantedFar * searches.impostor.length))];
  const threshold = Math.max(0, Math.ceil(firstRefused / STEP - 1) * STEP);
  return ratesAt(searches, Number(threshold.toFixed(3)));
}

function countAccepted(impostor: Float64Array, threshold: number): number {
  return impostor.reduce((count, distance) => count + (distance <= threshold ? 1 : 0), 0);
}

function chartOf(searches: SearchDistances): Pick<Calibration, 'table' | 'histogram'> {
  const impostor = searches.impostor.filter((distance) => distance < Infinity);
  const distances = [...searches.genuine, ...impostor];
  const same = distances.map((_, i) => i < searches.genuine.length);
  const [low, high] = distances.reduce(
    ([least, most], distance) => [Math.min(least, distance), Math.max(most, distance)],
    [Infinity, 0],
  );
  const top = Math.max(1, Math.ceil(high * 10)) / 10;
  return { table: tableOf(searches, low, high), histogram: histogram(distances, same, { bins: BINS, top }) };
}

/** Rates at round thresholds from the smallest to the largest distance. */
function tableOf(searches: SearchDistances, low: number, high: number): SearchRates[] {
  if (low > high) return [];
  const step = TABLE_STEPS.find((size) => (high - low) / size <= MAX_ROWS) ?? TABLE_STEPS[TABLE_STEPS.length - 1];
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  return Array.from({ length: last - first + 1 }, (_, i) => ratesAt(searches, Number(((first + i) * step).toFixed(2))));
}

function warningsOf(figures: Omit<Calibration, 'table' | 'histogram' | 'warnings'>): CalibrationWarning[] {
  const { recommended, impostorSearches, searchesNeeded, impostorPeople, strangersFrom, genuineSearches } = figures;
  if (recommended === null) return ['no_searches'];
  const found: [CalibrationWarning, boolean][] = [
    ['few_searches', impostorSearches < searchesNeeded],
    ['few_people', impostorPeople < ENOUGH_STRANGERS],
    ['few_genuine', genuineSearches < ENOUGH_GENUINE],
    ['stand_ins', strangersFrom === 'left-out people'],
    ['many_rejected', recommended.frr > MANY_REJECTED],
  ];
  return found.filter(([, holds]) => holds).map(([warning]) => warning);
}
