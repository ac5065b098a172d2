import type { CentralOptions } from '../faces/pipeline/batch.js';
import { EmbeddingCache, type PhotoResult } from '../evaluation/embedding-cache.js';
import { embedPhotos } from '../evaluation/embed-photos.js';
import type { Batch } from './batch.js';

/**
 * The central face of each photo, with the progress shown and what was done before taken from the cache. Where
 * embeddings are encrypted nothing is cached.
 */
export async function embedFiles(
  paths: readonly string[],
  { pipeline, config, vault, detectedBy, concurrency, signal, progress }: Batch,
  { aligned, mirrored }: CentralOptions,
): Promise<Map<string, PhotoResult>> {
  const madeBy = { contract: pipeline.info.contract.id, ...(aligned ? { aligned } : detectedBy) };
  const cache = await EmbeddingCache.open(vault.encrypts ? null : config.cacheDir, madeBy);
  const onPhoto = (done: number, total: number, wasCached: boolean) => {
    progress.update(done, total, wasCached);
  };
  try {
    return await embedPhotos(paths, { pipeline, cache, concurrency, signal, onPhoto, aligned, mirrored });
  } finally {
    progress.stop();
    await cache.close();
  }
}
