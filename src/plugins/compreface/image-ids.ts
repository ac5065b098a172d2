import { createHash } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * CompreFace's `image_id` of an example: a UUID (RFC 9562, version 8) made of the example's own id, which is random and
 * stays the same when its person is renamed, merged, backed up or restored.
 * @param copy which of several examples with this id it is, from 1: rows of the original system that are the same have it, too
 */
export function imageIdOf(exampleId: string, copy = 1): string {
  const bytes = createHash('sha256').update(`image ${exampleId} ${copy}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** @returns in lower case; null for a text that is no UUID */
export function parseImageId(text: string): string | null {
  const id = text.toLowerCase();
  return UUID.test(id) ? id : null;
}
