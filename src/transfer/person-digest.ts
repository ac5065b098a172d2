import { createHash } from 'node:crypto';
import type { WholePerson } from '../gallery/gallery.js';

/**
 * SHA-256, hexadecimal, of all that a gallery holds of a person; the same wherever it lies. Dates count by their moment,
 * metadata without the order of its keys.
 */
export function personDigest({ name, id, metadata, groups, examples }: WholePerson): string {
  const described = examples.map(({ embedding, crop, addedAt, details, ...rest }) => ({
    id: rest.id,
    addedAt: addedAt === null ? null : new Date(addedAt).getTime(),
    details: details && { ...details },
    embedding: digestOf(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength)),
    crop: crop && digestOf(crop),
  }));
  return digestOf(canonical({ name, id, metadata, groups, examples: described }));
}

function digestOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** JSON with sorted keys, and without those that say nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
