import { readFile } from 'node:fs/promises';
import { RostroError } from '../shared/errors.js';
import type { BatchPipeline, CentralOptions } from '../faces/pipeline/batch.js';
import { concurrently } from './concurrently.js';
import type { EmbeddingCache, PhotoResult } from './embedding-cache.js';
import { stampOf } from './photo-stamp.js';

export interface EmbedPhotosOptions extends CentralOptions {
  readonly pipeline: BatchPipeline;
  readonly cache: EmbeddingCache;
  /** How many photos are held at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Called after each photo. */
  readonly onPhoto?: (done: number, total: number, wasCached: boolean) => void;
}

/**
 * The central face of each photo, from the cache or computed, streamed photo by photo. When the signal fires it stops
 * early, and what was computed is in the cache.
 * @returns path -> what was found; photos that were not reached are missing
 * @throws RostroError `storage_failed`
 */
export async function embedPhotos(
  paths: readonly string[],
  options: EmbedPhotosOptions,
): Promise<Map<string, PhotoResult>> {
  const { cache, mirrored, concurrency, signal, onPhoto } = options;
  const results = new Map<string, PhotoResult>();
  const work = async (path: string): Promise<void> => {
    const stamp = await stampOf(path);
    const known = cache.get(stamp, mirrored);
    const result = known ?? (await embedPhoto(path, options));
    if (known === null) await cache.put(stamp, result);
    results.set(path, result);
    onPhoto?.(results.size, paths.length, known !== null);
  };
  await concurrently(paths, concurrency, work, signal);
  return results;
}

async function embedPhoto(path: string, { pipeline, aligned, mirrored }: EmbedPhotosOptions): Promise<PhotoResult> {
  try {
    const found = await pipeline.central(await readFile(path), { aligned, mirrored });
    if (found.face === null) return { failure: { code: 'no_face', message: 'No face was found in the photo.' } };
    return { box: found.face.box, embedding: found.face.embedding, mirrored: found.mirrored };
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}
