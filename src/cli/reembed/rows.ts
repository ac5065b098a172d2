import type { PipelinePool } from '../../faces/pipeline/pool.js';
import { RostroError } from '../../shared/errors.js';
import { faceInCrop } from '../../people/crop-embedder.js';
import type { Config } from '../../app/config.js';
import { prepareRows, type Prepared, type ReembedSource } from '../../people/reembed/prepare.js';
import type { RowsBeside } from '../../gallery/reembed/rows-beside.js';
import { BatchProgress } from '../batch.js';

/** Crops that wait read for each worker, so that none has to wait for the disk. */
const CROPS_PER_WORKER = 4;

/** A gallery, and the rows of one embedder beside it. */
export interface BesideGallery {
  readonly source: ReembedSource;
  readonly rows: RowsBeside;
  /** To be called when the rows are made. */
  finish?(): Promise<void>;
}

/** Makes what is missing of an embedder's rows beside the gallery, and tells how far it is. */
export async function makeRows(
  { source, rows }: BesideGallery,
  { workers }: Pick<Config, 'workers'>,
  pipeline: PipelinePool,
  signal?: AbortSignal,
): Promise<Prepared> {
  const progress = new BatchProgress(process.stderr, 'photos');
  try {
    return await prepareRows({
      source,
      rows,
      embedCrop: async (crop, { details }) =>
        (await faceInCrop(pipeline, crop, details).catch(nullIfUnusable))?.embedding ?? null,
      concurrency: workers * CROPS_PER_WORKER,
      onExample: (done, total, wasThere) => progress.update(done, total, wasThere),
      ...(signal && { signal }),
    });
  } finally {
    progress.stop();
  }
}

export function hasThemAlready({ name }: { readonly name: string }): RostroError {
  return new RostroError('bad_request', `The gallery has the embeddings of ${name} already.`);
}

/** What a damaged crop shows nobody can tell. */
function nullIfUnusable(error: unknown): null {
  if (error instanceof RostroError && ['not_an_image', 'unsupported_image', 'damaged_image'].includes(error.code)) {
    return null;
  }
  throw error;
}
