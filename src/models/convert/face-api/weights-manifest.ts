import { RostroError } from '../../../shared/errors.js';

/**
 * TensorFlow.js's weights manifest: a JSON list of groups. A group lists binary shards and the tensors stored in them
 * one after another: little-endian, optionally quantised linearly to uint8 or uint16. Source: tensorflow/tfjs,
 * tfjs-core/src/io/types.ts (WeightsManifestConfig) and io_utils.ts (decodeWeight).
 */
export interface NamedTensor {
  readonly dims: readonly number[];
  /** Row-major, dequantised; int32 tensors are converted to floats. */
  readonly data: Float32Array;
}

export type WeightMap = ReadonlyMap<string, NamedTensor>;

interface Quantization {
  readonly dtype: 'uint8' | 'uint16';
  readonly scale: number;
  readonly min: number;
}

interface WeightSpec {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly quantization: Quantization | null;
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

/** The manifest of the largest face-api network is 28 kB. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_RANK = 8;
const ITEM_BYTES = { uint8: 1, uint16: 2, float32: 4, int32: 4 } as const;

/**
 * The names of a manifest's binary files, in order. They are in the manifest's folder.
 * @throws RostroError `bad_model_file` when the manifest is malformed or a name leaves its folder
 */
export function shardNames(manifest: Uint8Array): string[] {
  return parseManifest(manifest).flatMap((group) => group.paths);
}

/**
 * Reads all tensors of a manifest.
 * @param shards the files of `shardNames`, in that order
 * @throws RostroError `bad_model_file` when the manifest is malformed, or does not match the size of its shards
 */
export function readWeights(manifest: Uint8Array, shards: readonly Uint8Array[]): Map<string, NamedTensor> {
  const groups = parseManifest(manifest);
  const needed = groups.reduce((count, group) => count + group.paths.length, 0);
  if (needed !== shards.length) throw bad(`it needs ${needed} binary files and was given ${shards.length}`);

  const tensors = new Map<string, NamedTensor>();
  let nextShard = 0;
  for (const { paths, weights } of groups) {
    const bytes = Buffer.concat(shards.slice(nextShard, nextShard + paths.length));
    nextShard += paths.length;
    checkLength(weights, bytes.length);
    let offset = 0;
    for (const spec of weights) {
      if (tensors.has(spec.name)) throw bad(`the tensor "${spec.name}" is listed twice`);
      const end = offset + byteLength(spec);
      tensors.set(spec.name, { dims: spec.dims, data: decode(spec, bytes.subarray(offset, end)) });
      offset = end;
    }
  }
  return tensors;
}

function bad(message: string): RostroError {
  return new RostroError('bad_model_file', `not a usable weights manifest: ${message}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseManifest(bytes: Uint8Array): WeightGroup[] {
  if (bytes.length > MAX_MANIFEST_BYTES) throw bad(`it is ${bytes.length} bytes long, more than any manifest`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new RostroError('bad_model_file', 'not a usable weights manifest: it is not JSON', { cause });
  }
  if (!Array.isArray(json) || json.length === 0) throw bad('it is not a list of weight groups');
  return json.map(parseGroup);
}

function parseGroup(group: unknown): WeightGroup {
  if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
    throw bad('a weight group lacks its "paths" or its "weights"');
  }
  return { paths: group.paths.map(parsePath), weights: group.weights.map(parseSpec) };
}

function parsePath(path: unknown): string {
  if (typeof path !== 'string' || !/^[\w-][\w.-]*$/.test(path)) {
    throw bad(`${JSON.stringify(path)} is not the name of a file beside it`);
  }
  return path;
}

function parseSpec(spec: unknown): WeightSpec {
  if (!isRecord(spec) || typeof spec.name !== 'string') throw bad('a tensor has no name');
  const { name, shape, dtype } = spec;
  const isDims = Array.isArray(shape) && shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  if (!isDims || shape.length > MAX_RANK) throw bad(`the shape of the tensor "${name}" is not a list of sizes`);
  if (dtype !== 'float32' && dtype !== 'int32') {
    throw bad(`the tensor "${name}" is ${JSON.stringify(dtype)}, not float32 or int32`);
  }
  const quantization = 'quantization' in spec ? parseQuantization(name, spec.quantization) : null;
  return { name, dims: shape as number[], dtype, quantization };
}

function parseQuantization(name: string, quantization: unknown): Quantization {
  if (!isRecord(quantization)) throw bad(`the quantization of the tensor "${name}" is not readable`);
  const { dtype, scale, min } = quantization;
  if (dtype !== 'uint8' && dtype !== 'uint16') {
    throw bad(`the tensor "${name}" is quantised as ${JSON.stringify(dtype)}, not uint8 or uint16`);
  }
  if (typeof scale !== 'number' || typeof min !== 'number') {
    throw bad(`the quantization of the tensor "${name}" lacks its "scale" or its "min"`);
  }
  return { dtype, scale, min };
}

function byteLength({ dims, dtype, quantization }: WeightSpec): number {
  return dims.reduce((product, dim) => product * dim, 1) * ITEM_BYTES[quantization?.dtype ?? dtype];
}

/** Called before any allocation, so that a forged shape costs no memory. */
function checkLength(weights: readonly WeightSpec[], available: number): void {
  let needed = 0;
  for (const spec of weights) {
    needed += byteLength(spec);
    if (needed > available) throw bad(`its binary files end inside the tensor "${spec.name}"`);
  }
  if (needed < available) throw bad(`its binary files hold ${available} bytes where it describes ${needed}`);
}

/** @param bytes of this tensor only */
function decode({ dtype, quantization }: WeightSpec, bytes: Buffer): Float32Array {
  const itemBytes = ITEM_BYTES[quantization?.dtype ?? dtype];
  const values = new Float32Array(bytes.length / itemBytes);
  if (quantization === null) {
    for (let i = 0; i < values.length; i++) {
      values[i] = dtype === 'float32' ? bytes.readFloatLE(i * 4) : bytes.readInt32LE(i * 4);
    }
    return values;
  }
  const { scale, min } = quantization;
  for (let i = 0; i < values.length; i++) {
    const value = (itemBytes === 1 ? bytes[i] : bytes.readUInt16LE(i * 2)) * scale + min;
    values[i] = dtype === 'int32' ? Math.round(value) : value;
  }
  return values;
}
