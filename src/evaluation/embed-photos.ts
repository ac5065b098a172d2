import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Pipeline, CentralOptions } from '../faces/pipeline/pipeline.js';
import { RostroError } from '../shared/errors.js';
import { forEachConcurrent } from '../shared/queue.js';
import { type PhotoStamp, isUnchanged, stampOf } from './dataset.js';
import { JsonLinesFile } from './json-lines-file.js';

export interface EmbedPhotosOptions extends CentralOptions {
  readonly pipeline: Pipeline;
  readonly cache: EmbeddingCache;
  /** Number of photos in memory at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  /** Called after each photo. */
  readonly onPhoto?: (done: number, total: number, wasCached: boolean) => void;
}

/**
 * Embeds the central face of each photo, or reads it from the cache. When the signal is aborted it stops early;
 * computed results are in the cache.
 * @returns path -> result; photos that were not reached are missing
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
  await forEachConcurrent(paths, concurrency, work, signal);
  return results;
}

async function embedPhoto(path: string, { pipeline, aligned, mirrored }: EmbedPhotosOptions): Promise<PhotoResult> {
  try {
    const found = await pipeline.run('central', { bytes: await readFile(path), aligned, mirrored });
    if (found.face === null) return { failure: { code: 'no_face', message: 'No face was found in the photo.' } };
    return { box: found.face.box, embedding: found.face.embedding, mirrored: found.mirrored };
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}

/** The central face of a photo, or the reason why there is none. */
export type PhotoResult = EmbeddedPhoto | { readonly failure: PhotoFailure };

export interface PhotoFailure {
  readonly code: string;
  readonly message: string;
}

export interface EmbeddedPhoto {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly embedding: Float32Array;
  /** Embedding of the mirrored face; null if not requested. */
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
 * Cached results for dataset photos: one append-only file per combination of settings. A photo whose size or
 * modification time changed is computed again. Safe to delete.
 */
export class EmbeddingCache {
  private constructor(
    private readonly log: JsonLinesFile | null,
    private readonly known: Map<string, PhotoStamp & PhotoResult>,
  ) {}

  /**
   * @param cacheDir null keeps results in memory only
   * @param madeBy everything that determines an embedding: the embedder's contract id, the detector and its settings;
   * hashed for the file name
   * @throws RostroError `storage_failed`
   */
  static async open(cacheDir: string | null, madeBy: object): Promise<EmbeddingCache> {
    if (cacheDir === null) return new EmbeddingCache(null, new Map());
    const key = createHash('sha256').update(JSON.stringify(madeBy)).digest('hex').slice(0, HASH_LENGTH);
    const known = new Map<string, PhotoStamp & PhotoResult>();
    const log = await JsonLinesFile.open(join(cacheDir, 'embeddings', `${key}.jsonl`), (value) => {
      const parsed = line.safeParse(value);
      if (parsed.success) known.set(parsed.data.path, parsed.data);
    });
    return new EmbeddingCache(log, known);
  }

  /** @param mirrored whether the mirrored face's embedding is required */
  get(photo: PhotoStamp, mirrored: boolean): PhotoResult | null {
    const found = this.known.get(photo.path);
    if (!found || !isUnchanged(found, photo)) return null;
    return mirrored && 'embedding' in found && found.mirrored === null ? null : found;
  }

  /** @throws RostroError `storage_failed` */
  async put(photo: PhotoStamp, result: PhotoResult): Promise<void> {
    this.known.set(photo.path, { ...photo, ...result });
    const written = 'failure' in result ? result : { ...result, ...base64Fields(result) };
    await this.log?.append({ ...photo, ...written });
  }

  async close(): Promise<void> {
    await this.log?.close();
  }
}

function base64Fields({ embedding, mirrored }: EmbeddedPhoto) {
  return { embedding: base64(embedding), mirrored: mirrored && base64(mirrored) };
}

/** Float32 little-endian, the memory layout of all platforms of Node.js. */
function base64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
