import { resolve } from 'node:path';
import { EmbeddingCache, embedPhotos, type PhotoResult } from '../evaluation/embed-photos.js';
import { type FolderSamples, type PersonPhotos, samplesFrom } from '../evaluation/folder-samples.js';
import type { CentralOptions } from '../faces/pipeline/pipeline.js';
import type { Batch } from './batch.js';
import { printError } from './io.js';

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

/** Lists on standard error the photos that could not be used. */
export function sayWhatWasSkipped({ skipped }: FolderSamples): void {
  for (const { path, reason } of skipped) printError(`${path}: ${reason}`);
}

/**
 * Embeds the central face of each photo. Shows the progress, and takes embeddings of earlier runs from the cache. Nothing
 * is cached if embeddings are encrypted.
 */
export async function embedFiles(
  paths: readonly string[],
  { pipeline, config, vault, detectorSettings, concurrency, signal, progress }: Batch,
  { aligned, mirrored }: CentralOptions,
): Promise<Map<string, PhotoResult>> {
  const madeBy = { contract: pipeline.info.contract.id, ...(aligned ? { aligned } : detectorSettings) };
  const cache = await EmbeddingCache.open(vault.encrypts ? null : config.storage.cacheDir, madeBy);
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
