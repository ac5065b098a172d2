import { createHash } from 'node:crypto';

/** SHA-256 of a photo's bytes, hexadecimal: the same photo of the same person is not enrolled twice by an import. */
export function hashPhoto(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
