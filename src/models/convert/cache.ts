import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { PUBLIC_FILE, replaceFile } from '../../shared/files.js';

export interface Conversion {
  /** Created if missing. */
  readonly cacheDir: string;
  /**
   * Id and version of the converter, for example `graphdef-1`; part of the file name. Increase the number when its
   * output changes.
   */
  readonly converter: string;
  /** Paths of the source files. */
  readonly sources: readonly string[];
  /** @param bytes contents of the sources, in their order */
  readonly convert: (bytes: Uint8Array[]) => Uint8Array;
}

export interface CachedModel {
  /** The ONNX file. */
  readonly path: string;
  /** SHA-256 of the concatenated sources, hex; for a single source the same as `sha256sum`. */
  readonly contentHash: string;
}

/** Hex digits of the hash in file names: 64 bits distinguish the models of a folder. */
const NAME_HASH_LENGTH = 16;
const READ_CHUNK_BYTES = 2 ** 20;

const running = new Map<string, Promise<CachedModel>>();

/**
 * Returns the ONNX file for model files: converted on first use, then read from `cacheDir`. The content identifies a
 * model, not its name or date. A truncated or modified file in the cache is converted again. Concurrent calls for the
 * same model share one conversion; several processes may convert the same model, each writes its file atomically. A
 * failure leaves no file, and the next call tries again.
 * @throws RostroError `model_missing` when a source does not exist, `storage_failed` when the result cannot be stored;
 * errors of `convert`, with the sources added to `bad_model_file` and `unsupported_graph`
 */
export function cachedOnnx(conversion: Conversion): Promise<CachedModel> {
  const { cacheDir, converter, sources } = conversion;
  const key = JSON.stringify([resolve(cacheDir), converter, ...sources.map((source) => resolve(source))]);
  const started = running.get(key);
  if (started !== undefined) return started;
  const promise = findOrConvert(conversion).finally(() => running.delete(key));
  running.set(key, promise);
  return promise;
}

async function findOrConvert(conversion: Conversion): Promise<CachedModel> {
  const hash = createHash('sha256');
  for (const source of conversion.sources) await hashSource(source, hash);
  const cached = cachedModel(conversion, hash.digest('hex'));
  return (await isIntact(cached.path)) ? cached : convertAndStore(conversion);
}

/** Hashes the bytes that it converts, since a source may have been replaced since it was looked up. */
async function convertAndStore(conversion: Conversion): Promise<CachedModel> {
  const hash = createHash('sha256');
  const bytes: Uint8Array[] = [];
  for (const source of conversion.sources) {
    const content = await readFile(source).catch((cause: unknown) => {
      throw sourceError(source, cause);
    });
    hash.update(content);
    bytes.push(content);
  }
  const model = cachedModel(conversion, hash.digest('hex'));
  await storeModel(model.path, convertSources(conversion, bytes));
  return model;
}

function cachedModel({ cacheDir, converter }: Conversion, contentHash: string): CachedModel {
  return { path: join(cacheDir, `${contentHash.slice(0, NAME_HASH_LENGTH)}-${converter}.onnx`), contentHash };
}

async function hashSource(source: string, hash: ReturnType<typeof createHash>): Promise<void> {
  try {
    const stream = createReadStream(source, { highWaterMark: READ_CHUNK_BYTES });
    for await (const chunk of stream) hash.update(chunk as Buffer);
  } catch (cause) {
    throw sourceError(source, cause);
  }
}

function sourceError(source: string, cause: unknown): RostroError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RostroError('model_missing', `the model file ${source} does not exist`, {
      details: { file: source },
      cause,
    });
  }
  return new RostroError('bad_model_file', `${source}: the file cannot be read (${code ?? 'unknown error'})`, {
    cause,
  });
}

function convertSources({ convert, sources }: Conversion, bytes: Uint8Array[]): Uint8Array {
  try {
    return convert(bytes);
  } catch (error) {
    if (!(error instanceof RostroError)) throw error;
    if (error.code !== 'bad_model_file' && error.code !== 'unsupported_graph') throw error;
    throw new RostroError(error.code, `${sources.join(', ')}: ${error.message}`, {
      details: { ...error.details, files: sources },
      cause: error,
    });
  }
}

/** The checksum file beside a model, in the format of `sha256sum --check`. */
function checksumPath(path: string): string {
  return `${path}.sha256`;
}

/** Whether the file is unchanged since `storeModel`. False for a file that cannot be read. */
export async function isIntact(path: string): Promise<boolean> {
  try {
    const [expected] = (await readFile(checksumPath(path), 'utf8')).split(' ');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: READ_CHUNK_BYTES })) hash.update(chunk as Buffer);
    return hash.digest('hex') === expected;
  } catch {
    return false;
  }
}

/**
 * Stores a model and its checksum, each atomically: after a crash there is the old file, the new one, or none.
 * @throws RostroError `storage_failed`
 */
export async function storeModel(path: string, model: Uint8Array): Promise<void> {
  const checksum = createHash('sha256').update(model).digest('hex');
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, model, { mode: PUBLIC_FILE, sync: 'folder' });
    await replaceFile(checksumPath(path), `${checksum}  ${basename(path)}\n`, {
      mode: PUBLIC_FILE,
      sync: 'folder',
    });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RostroError('storage_failed', `the converted model cannot be stored in ${dirname(path)} (${code})`, {
      cause,
    });
  }
}
