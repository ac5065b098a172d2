import type { PipelinePool } from '../../pipeline/pool.js';
import { RostroError } from '../../errors.js';
import { faceInCrop } from '../../service/crop-embedder.js';
import { prepareRows, type Prepared } from '../../service/reembedding/prepare.js';
import { FileRows } from '../../store/beside/file-rows.js';
import { BatchProgress } from '../batch-progress.js';
import type { DataFolder } from './folder.js';

/** Crops that wait read for each worker, so that none has to wait for the disk. */
const CROPS_PER_WORKER = 4;

/** Makes what is missing of an embedder's rows beside the gallery, and tells how far it is. */
export async function makeRows(
  { config, dataDir, disk, source }: DataFolder,
  pipeline: PipelinePool,
  signal?: AbortSignal,
): Promise<Prepared> {
  const { contract } = pipeline.info;
  if (await hasAll(source, contract.id)) {
    throw new RostroError('bad_request', `The gallery has the embeddings of ${contract.name} already.`);
  }
  const rows = new FileRows(disk, dataDir, contract.id);
  await rows.prepare(contract);
  const progress = new BatchProgress(process.stderr, 'photos');
  try {
    return await prepareRows({
      source,
      rows,
      embedCrop: async (crop, { details }) =>
        (await faceInCrop(pipeline, crop, details).catch(nullIfUnusable))?.embedding ?? null,
      concurrency: config.workers * CROPS_PER_WORKER,
      onExample: (done, total, wasThere) => progress.update(done, total, wasThere),
      ...(signal && { signal }),
    });
  } finally {
    progress.stop();
  }
}

async function hasAll(source: DataFolder['source'], contract: string): Promise<boolean> {
  const people = await source.people();
  return people.every(({ sidecar, unlabelled }) => unlabelled === 0 && sidecar?.contract === contract);
}

/** What a damaged crop shows nobody can tell. */
function nullIfUnusable(error: unknown): null {
  if (error instanceof RostroError && ['not_an_image', 'unsupported_image', 'damaged_image'].includes(error.code)) {
    return null;
  }
  throw error;
}
