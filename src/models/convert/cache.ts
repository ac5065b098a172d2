import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RostroError } from '../../shared/errors.js';

export interface Conversion {
  /** Created when it is not there. */
  readonly cacheDir: string;
  /** Id and version of the converter, for example `graphdef-1`: raise the number when its output changes. */
  readonly converter: string;
  /** Paths of the files that the model is made from. */
  readonly sources: readonly string[];
  /** @param bytes what the sources hold, in their order */
  readonly convert: (bytes: Uint8Array[]) => Uint8Array;
}

export interface CachedModel {
  /** The ONNX file. */
  readonly path: string;
  /** SHA-256 over the sources one behind the other, hex: for one source what `sha256sum` says. */
  readonly contentHash: string;
}

/** 64 bits of the hash: enough to tell the models of one folder apart. */
const NAME_HASH_LENGTH = 16;
const READ_CHUNK_BYTES = 2 ** 20;

const running = new Map<string, Promise<CachedModel>>();

/**
 * The ONNX file for some model files: converted on first use, taken from `cacheDir` from then on. Content decides, not
 * names or dates. A stored model that was cut short or changed is converted again. Calls for the same model while one
 * runs share it; several processes may do the same work, and each stores a whole file in one step. A failure leaves
 * nothing behind, and the next call tries again.
 * @throws RostroError `model_missing` when a source is not there, `storage_failed` when the result cannot be stored;
 *   what `convert` throws, with `bad_model_file` and `unsupported_graph` naming the sources.
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
  const cached = modelOf(conversion, hash.digest('hex'));
  return (await isIntact(cached.path)) ? cached : convertAndStore(conversion);
}

/** Hashes the bytes that it converts: a source may have been replaced since it was looked up. */
async function convertAndStore(conversion: Conversion): Promise<CachedModel> {
  const hash = createHash('sha256');
  const bytes: Uint8Array[] = [];
  for (const source of conversion.sources) {
    const content = await readFile(source).catch((cause: unknown) => {
      throw unreadable(source, cause);
    });
    hash.update(content);
    bytes.push(content);
  }
  const model = modelOf(conversion, hash.digest('hex'));
  await storeModel(model.path, convertNamed(conversion, bytes));
  return model;
}

function modelOf({ cacheDir, converter }: Conversion, contentHash: string): CachedModel {
  return { path: join(cacheDir, `${contentHash.slice(0, NAME_HASH_LENGTH)}-${converter}.onnx`), contentHash };
}

async function hashSource(source: string, hash: ReturnType<typeof createHash>): Promise<void> {
  try {
    const stream = createReadStream(source, { highWaterMark: READ_CHUNK_BYTES });
    for await (const chunk of stream) hash.update(chunk as Buffer);
  } catch (cause) {
    throw unreadable(source, cause);
  }
}

function unreadable(source: string, cause: unknown): RostroError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RostroError('model_missing', `the model file ${source} is not there`, {
      details: { file: source },
      cause,
    });
  }
  return new RostroError('bad_model_file', `${source}: the file cannot be read (${code ?? 'unknown error'})`, {
    cause,
  });
}

function convertNamed({ convert, sources }: Conversion, bytes: Uint8Array[]): Uint8Array {
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

/** The file beside a model that says what it must hold, in the format of `sha256sum --check`. */
function checksumPath(path: string): string {
  return `${path}.sha256`;
}

/** True when the file is exactly what `storeModel` wrote. One that cannot be read is not. */
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
 * Stores a model and its checksum, each in one step: a crash leaves the old file, the new one, or none.
 * @throws RostroError `storage_failed`
 */
export async function storeModel(path: string, model: Uint8Array): Promise<void> {
  const checksum = createHash('sha256').update(model).digest('hex');
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, model);
    await replaceFile(checksumPath(path), Buffer.from(`${checksum}  ${basename(path)}\n`));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RostroError('storage_failed', `the converted model cannot be stored in ${dirname(path)} (${code})`, {
      cause,
    });
  }
}

async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename survive a power cut. Windows cannot open a folder for this, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
