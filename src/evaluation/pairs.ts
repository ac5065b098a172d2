import { RostroError } from '../shared/errors.js';
import { type FlipMode, withMirrored } from '../shared/statistics/vectors.js';
import { findPhoto, type PhotoRef } from './dataset.js';
import type { EmbeddedPhoto, PhotoResult } from './embed-photos.js';

export interface PhotoPair {
  readonly a: PhotoRef;
  readonly b: PhotoRef;
  /** Whether the pair is genuine: two photos of the same person. */
  readonly same: boolean;
  /** Fold, from 0. */
  readonly fold: number;
}

const MAX_PAIRS = 10_000_000;
/** Pairs without folds (LFW's pairsDevTest.txt) are distributed to the number of folds of LFW's View 2. */
const DEFAULT_FOLDS = 10;

/**
 * Reads LFW's `pairs.txt` (http://vis-www.cs.umass.edu/lfw/README.txt, section 2). The first line has the number of
 * folds and the number of genuine and impostor pairs in each, or that number alone for a set without folds. Then
 * follow, for each fold, its genuine pairs, `person n m`, and its impostor pairs, `person n other m`. Fields are
 * separated by tabs, or by white space in a line without tabs.
 * @throws RostroError `bad_pairs`, with the line number
 */
export function parsePairs(text: string): PhotoPair[] {
  const lines = linesOf(text);
  const [folds, pairsOfKind] = parseHead(lines[0]);
  const expected = Math.max(1, folds) * pairsOfKind * 2;
  if (lines.length - 1 !== expected) {
    throw pairsError(1, `announces ${expected} pairs, but ${lines.length - 1} lines follow`);
  }
  return lines.slice(1).map((line, i) => {
    const within = i % (2 * pairsOfKind);
    const fold = folds > 0 ? Math.floor(i / (2 * pairsOfKind)) : (within % pairsOfKind) % DEFAULT_FOLDS;
    return { ...parseLine(line, i + 2, within < pairsOfKind), fold };
  });
}

/** @returns the number of folds (0 for a set without folds) and of pairs of each kind in a fold */
function parseHead(line: string): [folds: number, pairsOfKind: number] {
  const counts = line.trim().split(/\s+/).map(wholeNumber);
  if (counts.length > 2 || counts.some((count) => count === null || count < 1)) {
    throw pairsError(1, 'must hold the number of folds and the genuine pairs in each, such as "10 300"');
  }
  const [folds, pairsOfKind] = (counts.length === 2 ? counts : [0, ...counts]) as [number, number];
  if (folds * pairsOfKind > MAX_PAIRS || pairsOfKind > MAX_PAIRS)
    throw pairsError(1, `announces more than ${MAX_PAIRS} pairs`);
  return [folds, pairsOfKind];
}

function parseLine(line: string, number: number, same: boolean): Omit<PhotoPair, 'fold'> {
  const fields = fieldsOf(line);
  if (fields.length !== (same ? 3 : 4)) {
    throw pairsError(
      number,
      `must be ${same ? 'a genuine pair: person, n, m' : 'an impostor pair: person, n, other person, m'}`,
    );
  }
  const [person, n] = fields;
  const [other, m] = same ? [person, fields[2]] : [fields[2], fields[3]];
  if (!same && person === other) throw pairsError(number, `is an impostor pair of the same person, ${person}`);
  const fail = (what: string) => pairsError(number, what);
  return { a: photoRef(person, n, fail), b: photoRef(other, m, fail), same };
}

/** The lines of a text file, without those at the end that are empty. */
export function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.length > 1 && lines[lines.length - 1].trim() === '') lines.pop();
  return lines;
}

/** Fields separated by tabs, or by white space in a line without tabs. */
export function fieldsOf(line: string): string[] {
  return line.includes('\t') ? line.split('\t').map((field) => field.trim()) : line.trim().split(/\s+/);
}

/**
 * A person must be a plain folder name, so that the path cannot leave the dataset.
 * @param fail makes the error from the rest of its sentence
 */
export function photoRef(person: string, text: string, fail: (what: string) => RostroError): PhotoRef {
  const number = wholeNumber(text);
  if (number === null) throw fail(`has "${text}" instead of the number of a photo`);
  if (person === '' || person === '.' || person === '..' || /[/\\\0]/.test(person)) {
    throw fail(`has "${person}" instead of the name of a person`);
  }
  return { person, number };
}

function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function pairsError(line: number, what: string): RostroError {
  return new RostroError('bad_pairs', `Line ${line} of the pairs file ${what}.`, { details: { line } });
}

/** A pair with the vectors of both photos. */
export interface EmbeddedPair extends PhotoPair {
  readonly first: ComparedPhoto;
  readonly second: ComparedPhoto;
}

export interface ComparedPhoto {
  readonly path: string;
  readonly box: EmbeddedPhoto['box'];
  readonly vector: Float32Array;
}

/** A photo of a pair without an embedding. */
export interface MissingPhoto {
  /** As in the pairs file: `Ada_Lovelace 3`. */
  readonly photo: string;
  readonly code: string;
  readonly message: string;
  /** Number of pairs that need this photo. */
  readonly pairs: number;
}

/** The file of each photo in the pairs, by `photoKey`; null when it does not exist. */
export async function locatePhotos(pairs: readonly PhotoPair[], dir: string): Promise<Map<string, string | null>> {
  const files = new Map<string, string | null>();
  for (const ref of pairs.flatMap(({ a, b }) => [a, b])) {
    if (!files.has(photoKey(ref))) files.set(photoKey(ref), await findPhoto(dir, ref));
  }
  return files;
}

export function photoKey({ person, number }: PhotoRef): string {
  return `${person} ${number}`;
}

/**
 * @param files from `locatePhotos`
 * @param results of the files, by path
 */
export function formPairs(
  pairs: readonly PhotoPair[],
  files: ReadonlyMap<string, string | null>,
  results: ReadonlyMap<string, PhotoResult>,
  flip: FlipMode | null,
): { formed: EmbeddedPair[]; missing: MissingPhoto[] } {
  const vectors = new Map<string, ComparedPhoto>();
  const missing = new Map<string, MissingPhoto>();
  for (const [key, path] of files) {
    const result = path === null ? NO_FILE : results.get(path)!;
    if ('failure' in result) missing.set(key, { photo: key, ...result.failure, pairs: 0 });
    else vectors.set(key, { path: path!, box: result.box, vector: vectorOf(result, flip) });
  }
  const formed: EmbeddedPair[] = [];
  for (const pair of pairs) {
    const [first, second] = [pair.a, pair.b].map((ref) => vectors.get(photoKey(ref)));
    if (first && second) formed.push({ ...pair, first, second });
    else countMissing(pair, missing);
  }
  return { formed, missing: [...missing.values()] };
}

const NO_FILE = { failure: { code: 'no_file', message: 'There is no such file.' } };

function countMissing({ a, b }: PhotoPair, missing: Map<string, MissingPhoto>): void {
  for (const key of new Set([photoKey(a), photoKey(b)])) {
    const photo = missing.get(key);
    if (photo) missing.set(key, { ...photo, pairs: photo.pairs + 1 });
  }
}

function vectorOf({ embedding, mirrored }: EmbeddedPhoto, flip: FlipMode | null): Float32Array {
  return flip === null ? embedding : withMirrored(embedding, mirrored!, flip);
}

/** @throws RostroError `pairs_missing` when photos of pairs are missing */
export function assertNoneMissing(total: number, formed: number, missing: readonly MissingPhoto[]): void {
  if (formed === total) return;
  const shown = missing.slice(0, 3).map(({ photo, message }) => `${photo}: ${message}`);
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more photos` : '';
  throw new RostroError(
    'pairs_missing',
    `${total - formed} of ${total} pairs cannot be formed (${shown.join(' ')}${more}); --allow-missing measures the rest.`,
    { details: { pairs: total, formed, missing } },
  );
}
