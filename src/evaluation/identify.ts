import { RostroError } from '../shared/errors.js';
import { histogram, type Histogram, upperBound } from '../shared/statistics/metrics.js';
import { withMirrored } from '../shared/statistics/vectors.js';
import { euclideanDistance } from '../matching/matcher.js';
import type { EmbeddedPhoto, PhotoFailure, PhotoResult } from './embed-photos.js';
import {
  detCurve,
  type IdentificationRates,
  rankOne,
  ratesAtFpir,
  ratesAtThreshold,
  type Search,
} from './identification.js';
import type { OpenSetPhoto } from './open-set.js';
import type { ComparedPhoto } from './pairs.js';

/** Which photos are embedded with the mirrored face averaged in: all of them, or the enrolled ones only. */
export type OpenSetFlip = 'average' | 'enrol';

/** A photo of the set with its vector. */
export interface SearchedPhoto extends ComparedPhoto {
  readonly label: string;
}

export interface PhotoDistance {
  readonly photo: SearchedPhoto;
  /** Euclidean. */
  readonly distance: number;
}

/** A search with its photos. */
export interface PhotoSearch extends Search {
  readonly group: string | null;
  readonly photo: SearchedPhoto;
  /** The photo of `nearest` at `distance`. */
  readonly nearestPhoto: SearchedPhoto;
  /** The nearest photo of the person; null for a stranger. */
  readonly own: PhotoDistance | null;
}

export interface OpenSetSearches {
  readonly enrolledPeople: number;
  readonly enrolledPhotos: number;
  readonly searches: readonly PhotoSearch[];
  /** Photos without an embedding, and the reason. */
  readonly missing: readonly MissingOpenSetPhoto[];
  /** Searches that could not be made: the photo or every enrolled photo of the person is missing. */
  readonly leftOut: number;
}

export interface MissingOpenSetPhoto extends Pick<OpenSetPhoto, 'role'>, PhotoFailure {
  /** Its label. */
  readonly photo: string;
}

interface Enrolled {
  readonly person: string;
  readonly photo: SearchedPhoto;
}

/**
 * Searches for every probe and stranger among all enrolled photos.
 * @param results of the files, by path
 */
export function searchOpenSet(
  photos: readonly OpenSetPhoto[],
  results: ReadonlyMap<string, PhotoResult>,
  flip: OpenSetFlip | null,
): OpenSetSearches {
  const missing: MissingOpenSetPhoto[] = [];
  const enrolled: Enrolled[] = [];
  const queries: (OpenSetPhoto & { readonly searched: SearchedPhoto })[] = [];
  for (const photo of photos) {
    const { role, person, label, path } = photo;
    const result = path === null ? NO_FILE : results.get(path)!;
    if ('failure' in result) {
      missing.push({ photo: label, role, ...result.failure });
      continue;
    }
    const isMirrored = flip === 'average' || (flip === 'enrol' && role === 'enrol');
    const searched = { label, path: path!, box: result.box, vector: vectorOf(result, isMirrored) };
    if (role === 'enrol') enrolled.push({ person, photo: searched });
    else queries.push({ ...photo, searched });
  }
  const people = new Set(enrolled.map(({ person }) => person));
  const possible = queries.filter(({ role, person }) => role === 'stranger' || people.has(person));
  const wanted = photos.filter(({ role }) => role !== 'enrol').length;
  return {
    enrolledPeople: people.size,
    enrolledPhotos: enrolled.length,
    searches: enrolled.length === 0 ? [] : possible.map((query) => searchFor(query, enrolled)),
    missing,
    leftOut: wanted - possible.length,
  };
}

const NO_FILE = { failure: { code: 'no_file', message: 'There is no such file.' } };

function vectorOf({ embedding, mirrored }: EmbeddedPhoto, isMirrored: boolean): Float32Array {
  return isMirrored ? withMirrored(embedding, mirrored!, 'average') : embedding;
}

function searchFor(
  { role, person, group, searched: photo }: OpenSetPhoto & { readonly searched: SearchedPhoto },
  enrolled: readonly Enrolled[],
): PhotoSearch {
  let nearest = { ...enrolled[0], distance: Infinity };
  let own: PhotoDistance | null = null;
  for (const one of enrolled) {
    const distance = euclideanDistance(photo.vector, one.photo.vector);
    if (distance < nearest.distance) nearest = { ...one, distance };
    if (role === 'probe' && one.person === person && distance < (own?.distance ?? Infinity)) {
      own = { photo: one.photo, distance };
    }
  }
  const found = { nearest: nearest.person, distance: nearest.distance, nearestPhoto: nearest.photo };
  return { person: role === 'probe' ? person : null, group, photo, ...found, own };
}

/** @throws RostroError `photos_missing` when photos of the set are missing */
export function assertAllPhotos(total: number, missing: readonly MissingOpenSetPhoto[]): void {
  if (missing.length === 0) return;
  const shown = missing.slice(0, 3).map(({ photo, message }) => `${photo}: ${message}`);
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : '';
  throw new RostroError(
    'photos_missing',
    `${missing.length} of ${total} photos cannot be used (${shown.join(' ')}${more}); --allow-missing measures the rest.`,
    { details: { photos: total, missing } },
  );
}

/** Rates at one threshold and the searches that they rest on. */
export interface OperatingPoint extends IdentificationRates {
  /** Searches of enrolled people without their own name. */
  readonly missed: number;
  /** Upper end of the 95 % confidence interval of the FNIR; 1 without searches. */
  readonly fnirAtMost: number;
  /** Strangers who get a name. */
  readonly named: number;
  /** Of the FPIR. */
  readonly fpirAtMost: number;
}

export interface PointAtFpir extends OperatingPoint {
  readonly wantedFpir: number;
  /** Strangers needed to show this rate: 3 / rate (rule of three). */
  readonly strangersNeeded: number;
}

/** Searches of one group, each among all enrolled people, at the thresholds of the whole set. */
export interface GroupFigures {
  /** Null: the searches without a group. */
  readonly group: string | null;
  readonly probes: number;
  readonly strangers: number;
  readonly rankOne: number;
  readonly inForce: OperatingPoint;
  /** In the order of `WANTED_FPIRS`. */
  readonly atFpir: readonly OperatingPoint[];
}

export interface Identification {
  readonly probes: number;
  readonly strangers: number;
  readonly rankOne: number;
  /** At the threshold in force. */
  readonly inForce: OperatingPoint;
  /** In the order of `WANTED_FPIRS`. */
  readonly atFpir: readonly PointAtFpir[];
  /** By name; empty when no search has a group. */
  readonly groups: readonly GroupFigures[];
  readonly det: readonly IdentificationRates[];
  /** Genuine: distance to the person's nearest photo. Impostor: distance of a stranger to the nearest photo of anybody. */
  readonly histogram: Histogram;
  /** The strangers nearest to an enrolled person and the probes farthest from their own, worst first. */
  readonly worst: { readonly strangers: readonly WorstSearch[]; readonly misses: readonly WorstSearch[] };
}

export interface WorstSearch extends PhotoDistance {
  /** The nearest photo, for a stranger; the person's own nearest photo, for a probe. */
  readonly other: SearchedPhoto;
  /** Whether the search fails at the threshold in force: a stranger gets a name, a probe does not get its own. */
  readonly wrong: boolean;
  /** Another person who is nearer than the probe's own; null if there is none, and for strangers. */
  readonly nearer: { readonly person: string; readonly distance: number } | null;
}

/** The false-positive identification rates at which the false-negative one is measured. */
export const WANTED_FPIRS = [0.01, 0.003];

const WORST = 12;
const BINS = 60;

/**
 * Measures open-set identification.
 * @param threshold the one in force
 * @throws RostroError `bad_openset` without searches of enrolled people or without those of strangers
 */
export function identify(searches: readonly PhotoSearch[], threshold: number): Identification {
  const mated = searches.filter(({ person }) => person !== null);
  const strangers = searches.length - mated.length;
  if (mated.length === 0 || strangers === 0) {
    throw new RostroError('bad_openset', 'An open set needs enrolled people, probes of them, and strangers.');
  }
  const atFpir = WANTED_FPIRS.map((wantedFpir): PointAtFpir => {
    const point = pointAt(searches, ratesAtFpir(searches, wantedFpir).threshold);
    return { wantedFpir, strangersNeeded: Math.ceil(3 / wantedFpir), ...point };
  });
  const distances = searches.map(({ own, distance }) => own?.distance ?? distance);
  const same = searches.map(({ person }) => person !== null);
  return {
    probes: mated.length,
    strangers,
    rankOne: rankOne(searches),
    inForce: pointAt(searches, threshold),
    atFpir,
    groups: groupFigures(searches, threshold, atFpir),
    det: detCurve(searches),
    histogram: histogram(distances, same, { bins: BINS, top: distances.reduce((a, b) => Math.max(a, b)) || 1 }),
    worst: worstSearches(searches, threshold),
  };
}

function pointAt(searches: readonly Search[], threshold: number): OperatingPoint {
  const rates = ratesAtThreshold(searches, threshold);
  const mated = searches.filter(({ person }) => person !== null).length;
  const strangers = searches.length - mated;
  const missed = mated === 0 ? 0 : Math.round(rates.fnir * mated);
  const named = strangers === 0 ? 0 : Math.round(rates.fpir * strangers);
  return {
    ...rates,
    missed,
    fnirAtMost: upperBound(missed, mated),
    named,
    fpirAtMost: upperBound(named, strangers),
  };
}

function groupFigures(
  searches: readonly PhotoSearch[],
  threshold: number,
  atFpir: readonly PointAtFpir[],
): GroupFigures[] {
  const names = [...new Set(searches.map(({ group }) => group))];
  if (names.every((name) => name === null)) return [];
  return names
    .sort((a, b) => Number(a === null) - Number(b === null) || (a ?? '').localeCompare(b ?? ''))
    .map((group) => {
      const own = searches.filter((search) => search.group === group);
      const probes = own.filter(({ person }) => person !== null).length;
      return {
        group,
        probes,
        strangers: own.length - probes,
        rankOne: rankOne(own),
        inForce: pointAt(own, threshold),
        atFpir: atFpir.map((point) => pointAt(own, point.threshold)),
      };
    });
}

function worstSearches(searches: readonly PhotoSearch[], threshold: number): Identification['worst'] {
  const strangers = searches
    .filter(({ person }) => person === null)
    .map(({ photo, nearestPhoto: other, distance }): WorstSearch => ({
      photo,
      other,
      distance,
      wrong: distance <= threshold,
      nearer: null,
    }));
  const probes = searches.flatMap(({ person, photo, nearest, distance, own }): WorstSearch[] => {
    if (own === null) return [];
    const nearer = nearest === person ? null : { person: nearest, distance };
    const wrong = nearer !== null || distance > threshold;
    return [{ photo, other: own.photo, distance: own.distance, wrong, nearer }];
  });
  return {
    strangers: strangers.sort((a, b) => a.distance - b.distance).slice(0, WORST),
    misses: probes.sort((a, b) => b.distance - a.distance).slice(0, WORST),
  };
}
