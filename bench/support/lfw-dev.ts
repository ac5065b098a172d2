import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { readConfig } from '../../src/app/config.js';
import { startPipeline } from '../../src/app/pipeline.js';
import { EmbeddingCache, embedPhotos } from '../../src/evaluation/embed-photos.js';
import type { PipelineInfo } from '../../src/faces/pipeline/pipeline.js';
import { sharedPath } from '../../test/helpers/shared.js';

export interface LfwPhoto {
  readonly person: string;
  readonly file: string;
  readonly embedding: Float32Array;
}

/**
 * The central face of every photo of lfw-dev, by path. Embedder and detector come from the environment. The embeddings are
 * kept in the temporary folder for the next run.
 */
export async function embedLfwDev(): Promise<PipelineInfo & { readonly photos: readonly LfwPhoto[] }> {
  const images = sharedPath('lfw-dev', 'images');
  const config = readConfig({ WORKERS: '1', THREADS: '1', PROVIDER: 'cpu', LIVENESS: 'off', ...process.env });
  const cacheDir = join(tmpdir(), 'rostro-bench-cache');
  const pipeline = await startPipeline({ ...config, storage: { ...config.storage, cacheDir } });
  const { contract, detector } = pipeline.info;
  const paths = readdirSync(images)
    .sort()
    .flatMap((name) => readdirSync(join(images, name)).map((file) => join(images, name, file)));
  const cache = await EmbeddingCache.open(cacheDir, { contract: contract.id, detector, bench: 'corrections' });
  const found = await embedPhotos(paths, { pipeline, cache, concurrency: 2, aligned: false, mirrored: false });
  await cache.close();
  await pipeline.close();
  const photos = paths.sort().flatMap((path) => {
    const result = found.get(path)!;
    return 'embedding' in result
      ? [{ person: basename(dirname(path)), file: basename(path), embedding: result.embedding }]
      : [];
  });
  return { ...pipeline.info, photos };
}
