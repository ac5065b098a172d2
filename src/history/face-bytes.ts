import { z } from 'zod';
import { bytesOfVector, vectorOfBytes } from '../gallery/postgres/example-columns.js';
import { corrupt } from '../gallery/errors.js';
import { parseJson } from '../shared/json.js';
import type { SightingFace } from './sighting.js';

/** A face as bytes: length of the header (4 bytes, little-endian), header (JSON), embedding (float32), crop. */
const header = z.object({ version: z.literal(1), contract: z.string().nullable(), dimension: z.int().min(0) });

export function encodeFace({ embedding, crop }: SightingFace): Uint8Array {
  const { contract = null, vector = new Float32Array(0) } = embedding ?? {};
  const head: z.infer<typeof header> = { version: 1, contract, dimension: vector.length };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, bytesOfVector(vector), crop ?? new Uint8Array(0)]);
}

/** @param where for the error message @throws RostroError `gallery_corrupt` */
export function decodeFace(stored: Uint8Array, where: string): SightingFace {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (bytes.length < 4) throw corrupt(where, 'it is too short');
  const vectorAt = 4 + bytes.readUInt32LE();
  const read = header.safeParse(parseJson(bytes.subarray(4, vectorAt)));
  if (!read.success) throw corrupt(where, 'it is not what this version of Rostro wrote');
  const { contract, dimension } = read.data;
  const cropAt = vectorAt + 4 * dimension;
  const vector = vectorOfBytes(bytes.subarray(vectorAt, cropAt), dimension, where);
  const crop = bytes.subarray(cropAt);
  return { embedding: contract === null ? null : { contract, vector }, crop: crop.length === 0 ? null : crop };
}
