import type { PipelinePool } from '../../faces/pipeline/pool.js';
import { RostroError } from '../../shared/errors.js';
import { faceInCrop } from '../../gallery/reembed/reembed.js';
import type { Config } from '../../app/config.js';
import { type PreparedRows, prepareRows, type ReembedSource, type ShadowRows } from '../../gallery/reembed/prepare.js';
import { BatchProgress } from '../batch.js';
import { commandIo } from '../io.js';

/** Crops read ahead per worker, so that no worker waits for the disk. */
const CROPS_PER_WORKER = 4;

/** A gallery, and additional rows of one other embedder. */
export interface BesideGallery {
  readonly source: ReembedSource;
  readonly rows: ShadowRows;
  /** Called when all rows are computed. */
  finish?(): Promise<void>;
}

/** Computes the missing rows of an embedder, and shows the progress. */
export async function makeRows(
  { source, rows }: BesideGallery,
  { compute: { workers } }: Pick<Config, 'compute'>,
  pipeline: PipelinePool,
  signal?: AbortSignal,
): Promise<PreparedRows> {
  const progress = new BatchProgress(commandIo().stderr, 'photos');
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

/** Null for a damaged crop. */
function nullIfUnusable(error: unknown): null {
  if (error instanceof RostroError && ['not_an_image', 'unsupported_image', 'damaged_image'].includes(error.code)) {
    return null;
  }
  throw error;
}
