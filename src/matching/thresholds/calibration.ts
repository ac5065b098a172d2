import { upperBound } from '../../shared/statistics/confidence.js';
import { histogram, type Histogram } from '../../shared/statistics/metrics.js';
import type { Searches } from '../searches.js';

/** What happens at one threshold. Shares of searches, 0..1; NaN where there was no such search. */
export interface SearchRates {
  readonly threshold: number;
  /** False-accept rate: strangers who are given a name. */
  readonly far: number;
  /** False-reject rate: people of the gallery who are not given their own name. */
  readonly frr: number;
  /** The part of them that is given another's name. */
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
  /** Among how many people each stranger was searched. */
  readonly searchedPeople: number;
  readonly strangersFrom: Searches['strangersFrom'];
  /** The wanted false-accept rate a search. */
  readonly wantedFar: number;
  /** The highest threshold that keeps to it; null where there is nothing to tell it from. */
  readonly recommended: SearchRates | null;
  /** What the false-accept rate may be in truth there: upper end of the 95 % interval. */
  readonly farAtMost: number;
  /** As many searches of strangers would be needed to tell the wanted rate: three over the rate. */
  readonly searchesNeeded: number;
  readonly table: readonly SearchRates[];
  /** Of searches: the distance to the own nearest example, and that of a stranger to the nearest of all. */
  readonly histogram: Histogram;
  readonly warnings: readonly CalibrationWarning[];
}

const BINS = 60;
const TABLE_STEPS = [0.01, 0.02, 0.05, 0.1];
const MAX_ROWS = 24;
/** Thresholds are told to a thousandth. */
const STEP = 0.001;
/** Fewer different strangers than this fail or pass by accident of who they are. */
const ENOUGH_STRANGERS = 30;
const ENOUGH_GENUINE = 30;
const MANY_REJECTED = 0.1;

/** From the searches to the cut-off: the rate is that of a search among everybody, not of a pair. */
export function calibrate(
  searches: Searches,
  { people, examples }: { readonly people: number; readonly examples: number },
  wantedFar: number,
): Calibration {
  const recommended = recommend(searches, wantedFar);
  const named = recommended === null ? 0 : accepted(searches.impostor, recommended.threshold);
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

/** The rates of these searches at a threshold. */
export function ratesAt({ genuine, genuineRival, impostor }: Searches, threshold: number): SearchRates {
  let [rejected, misnamed] = [0, 0];
  genuine.forEach((own, i) => {
    const rival = genuineRival[i];
    if (own <= threshold && own <= rival) return;
    rejected++;
    if (rival <= threshold && rival < own) misnamed++;
  });
  return {
    threshold,
    far: accepted(impostor, threshold) / impostor.length,
    frr: rejected / genuine.length,
    misnamed: misnamed / genuine.length,
  };
}

function recommend(searches: Searches, wantedFar: number): SearchRates | null {
  const nearest = searches.impostor.filter((distance) => distance < Infinity).sort();
  if (nearest.length === 0) return null;
  const firstRefused = nearest[Math.min(nearest.length - 1, Math.floor(wantedFar * searches.impostor.length))];
  const threshold = Math.max(0, Math.ceil(firstRefused / STEP - 1) * STEP);
  return ratesAt(searches, Number(threshold.toFixed(3)));
}

function accepted(impostor: Float64Array, threshold: number): number {
  return impostor.reduce((count, distance) => count + (distance <= threshold ? 1 : 0), 0);
}

function chartOf(searches: Searches): Pick<Calibration, 'table' | 'histogram'> {
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

/** Round thresholds from below the smallest distance to above the largest. */
function tableOf(searches: Searches, low: number, high: number): SearchRates[] {
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
