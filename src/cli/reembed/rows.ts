import type { Config } from '../../app/config.js';
import { type BesideGallery, cropEmbedder } from '../../app/beside-gallery.js';
import type { PipelinePool } from '../../faces/pipeline/pool.js';
import { type PreparedRows, prepareRows } from '../../gallery/reembed/prepare.js';
import { BatchProgress } from '../batch.js';
import { commandIo } from '../io.js';

/** Crops read ahead per worker, so that no worker waits for the disk. */
const CROPS_PER_WORKER = 4;

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
      embedCrop: cropEmbedder(pipeline),
      concurrency: workers * CROPS_PER_WORKER,
      onExample: (done, total, wasThere) => progress.update(done, total, wasThere),
      ...(signal && { signal }),
    });
  } finally {
    progress.stop();
  }
}
