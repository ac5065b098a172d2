import { corrupt } from '../errors.js';

/** A vector as the database keeps it: float32, little-endian, one value behind the other. */
export function bytesOfVector(vector: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes;
}

/**
 * @param given how many values belong; undefined takes what is there
 * @param where said in the error
 * @throws RostroError `gallery_corrupt` where it is not so many finite values
 */
export function vectorOfBytes(bytes: Uint8Array, given: number | undefined, where: string): Float32Array {
  const dimension = given ?? Math.floor(bytes.length / 4);
  if (bytes.length !== dimension * 4)
    throw corrupt(where, `it has ${bytes.length} bytes where ${dimension * 4} belong`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vector = new Float32Array(dimension);
  for (let i = 0; i < dimension; i++) vector[i] = view.getFloat32(i * 4, true);
  if (!vector.every(Number.isFinite)) throw corrupt(where, 'it holds values that are not numbers');
  return vector;
}
