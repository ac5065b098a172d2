import { RostroError } from '../shared/errors.js';
import type { PhotoPair, PhotoRef } from './pairs.js';
import { withMirrored, type FlipMode } from '../shared/statistics/vectors.js';
import { findPhoto } from './dataset.js';
import type { EmbeddedPhoto, PhotoResult } from './embed-photos.js';

/** A pair of which both faces were found, with their vectors as they are compared. */
export interface FormedPair extends PhotoPair {
  readonly first: ComparedPhoto;
  readonly second: ComparedPhoto;
}

export interface ComparedPhoto {
  readonly path: string;
  readonly box: EmbeddedPhoto['box'];
  readonly vector: Float32Array;
}

/** A photo that pairs need and that gave no face. */
export interface MissingPhoto {
  /** `Ada_Lovelace 3`, as the pairs file has it. */
  readonly photo: string;
  readonly code: string;
  readonly message: string;
  /** How many pairs could not be formed without it. */
  readonly pairs: number;
}

/** The file of each photo that the pairs name, by `keyOf`; null where there is none. */
export async function locatePhotos(pairs: readonly PhotoPair[], dir: string): Promise<Map<string, string | null>> {
  const files = new Map<string, string | null>();
  for (const ref of pairs.flatMap(({ a, b }) => [a, b])) {
    if (!files.has(keyOf(ref))) files.set(keyOf(ref), await findPhoto(dir, ref));
  }
  return files;
}

export function keyOf({ person, number }: PhotoRef): string {
  return `${person} ${number}`;
}

/**
 * @param files of `locatePhotos`
 * @param results of the files, by path
 */
export function formPairs(
  pairs: readonly PhotoPair[],
  files: ReadonlyMap<string, string | null>,
  results: ReadonlyMap<string, PhotoResult>,
  flip: FlipMode | null,
): { formed: FormedPair[]; missing: MissingPhoto[] } {
  const vectors = new Map<string, ComparedPhoto>();
  const missing = new Map<string, MissingPhoto>();
  for (const [key, path] of files) {
    const result = path === null ? NO_FILE : results.get(path)!;
    if ('failure' in result) missing.set(key, { photo: key, ...result.failure, pairs: 0 });
    else vectors.set(key, { path: path!, box: result.box, vector: vectorOf(result, flip) });
  }
  const formed: FormedPair[] = [];
  for (const pair of pairs) {
    const [first, second] = [pair.a, pair.b].map((ref) => vectors.get(keyOf(ref)));
    if (first && second) formed.push({ ...pair, first, second });
    else countMissing(pair, missing);
  }
  return { formed, missing: [...missing.values()] };
}

const NO_FILE = { failure: { code: 'no_file', message: 'There is no such file.' } };

function countMissing({ a, b }: PhotoPair, missing: Map<string, MissingPhoto>): void {
  for (const key of new Set([keyOf(a), keyOf(b)])) {
    const photo = missing.get(key);
    if (photo) missing.set(key, { ...photo, pairs: photo.pairs + 1 });
  }
}

function vectorOf({ embedding, mirrored }: EmbeddedPhoto, flip: FlipMode | null): Float32Array {
  return flip === null ? embedding : withMirrored(embedding, mirrored!, flip);
}

/** @throws RostroError `pairs_missing` where pairs could not be formed */
export function refuseMissing(total: number, formed: number, missing: readonly MissingPhoto[]): void {
  if (formed === total) return;
  const shown = missing.slice(0, 3).map(({ photo, message }) => `${photo}: ${message}`);
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more photos` : '';
  throw new RostroError(
    'pairs_missing',
    `${total - formed} of ${total} pairs cannot be formed (${shown.join(' ')}${more}); --allow-missing measures the rest.`,
    { details: { pairs: total, formed, missing } },
  );
}
