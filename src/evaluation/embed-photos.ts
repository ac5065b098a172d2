import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BatchPipeline, CentralOptions } from '../faces/pipeline/batch.js';
import { RostroError } from '../shared/errors.js';
import { concurrently } from './concurrently.js';
import { type PhotoStamp, sameState, stampOf } from './dataset.js';
import { LineLog } from './line-log.js';

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

/** What a photo of a dataset gave: its central face, or why there is none. */
export type PhotoResult = EmbeddedPhoto | { readonly failure: PhotoFailure };

export interface PhotoFailure {
  readonly code: string;
  readonly message: string;
}

export interface EmbeddedPhoto {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly embedding: Float32Array;
  /** Of the mirrored face; null where it was not asked for. */
  readonly mirrored: Float32Array | null;
}

const HASH_LENGTH = 16;
const BYTES_PER_VALUE = 4;

const vector = z.base64().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % BYTES_PER_VALUE === 0) return new Float32Array(Uint8Array.from(bytes).buffer);
  context.addIssue('not a whole number of values');
  return z.NEVER;
});
const stamp = { path: z.string(), size: z.number(), mtimeMs: z.number() };
const failure = z.object({ code: z.string(), message: z.string() });
const box = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });
const line = z.union([
  z.object({ ...stamp, failure }),
  z.object({ ...stamp, box, embedding: vector, mirrored: vector.nullable() }),
]);

/**
 * What was computed for the photos of datasets, so that a second run takes seconds: one file a way of computing it, which
 * only grows. A photo whose size or time of change is another is computed anew. Safe to delete.
 */
export class EmbeddingCache {
  private constructor(
    private readonly log: LineLog | null,
    private readonly known: Map<string, PhotoStamp & PhotoResult>,
  ) {}

  /**
   * @param cacheDir null keeps nothing beyond this run
   * @param madeBy everything that decides an embedding: the embedder's contract id, the detector and its settings
   * @throws RostroError `storage_failed`
   */
  static async open(cacheDir: string | null, madeBy: object): Promise<EmbeddingCache> {
    if (cacheDir === null) return new EmbeddingCache(null, new Map());
    const key = createHash('sha256').update(JSON.stringify(madeBy)).digest('hex').slice(0, HASH_LENGTH);
    const known = new Map<string, PhotoStamp & PhotoResult>();
    const log = await LineLog.open(join(cacheDir, 'embeddings', `${key}.jsonl`), (value) => {
      const parsed = line.safeParse(value);
      if (parsed.success) known.set(parsed.data.path, parsed.data);
    });
    return new EmbeddingCache(log, known);
  }

  /** @param mirrored whether the mirrored face's embedding is needed as well */
  get(photo: PhotoStamp, mirrored: boolean): PhotoResult | null {
    const found = this.known.get(photo.path);
    if (!found || !sameState(found, photo)) return null;
    return mirrored && 'embedding' in found && found.mirrored === null ? null : found;
  }

  /** @throws RostroError `storage_failed` */
  async put(photo: PhotoStamp, result: PhotoResult): Promise<void> {
    this.known.set(photo.path, { ...photo, ...result });
    const written = 'failure' in result ? result : { ...result, ...texts(result) };
    await this.log?.append({ ...photo, ...written });
  }

  async close(): Promise<void> {
    await this.log?.close();
  }
}

function texts({ embedding, mirrored }: EmbeddedPhoto) {
  return { embedding: base64(embedding), mirrored: mirrored && base64(mirrored) };
}

/** Float32 little-endian, as every machine that Node.js runs on has it in memory. */
function base64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
