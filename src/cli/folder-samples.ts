import { resolve } from 'node:path';
import { EmbeddingCache, embedPhotos, type PhotoResult } from '../evaluation/embed-photos.js';
import { type FolderSamples, type PersonPhotos, samplesFrom } from '../evaluation/folder-samples.js';
import type { CentralOptions } from '../faces/pipeline/batch.js';
import type { Batch } from './batch.js';

/** Embeds the photos of a folder. */
export async function embedFolder(
  people: readonly PersonPhotos[],
  batch: Batch,
  aligned: boolean,
): Promise<FolderSamples> {
  const resolved = people.map(({ name, paths }) => ({ name, paths: paths.map((path) => resolve(path)) }));
  const paths = resolved.flatMap((person) => person.paths);
  return samplesFrom(resolved, await embedFiles(paths, batch, { aligned, mirrored: false }));
}

/** Says on standard error which photos could not be used. */
export function sayWhatWasSkipped({ skipped }: FolderSamples): void {
  for (const { path, reason } of skipped) console.error(`${path}: ${reason}`);
}

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
