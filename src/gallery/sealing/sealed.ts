import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

/**
 * A sealed file: magic and version (6 bytes), id of the key (8), nonce (12), ciphertext, authentication tag (16).
 * AES-256-GCM (NIST SP 800-38D) with a new random nonce per write. Magic, version, key id and file name are associated
 * data, so that a file moved to another name does not decrypt.
 */
const MAGIC = Buffer.from('RSEAL\x01', 'latin1');
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX_BYTES = MAGIC.length + KEY_ID_BYTES;
const HEADER_BYTES = PREFIX_BYTES + NONCE_BYTES;
const CIPHER = 'aes-256-gcm';

export const KEY_BYTES = 32;

export interface SealingKey {
  /** 16 hexadecimal digits that identify the key without revealing it. */
  readonly id: string;
  readonly secret: KeyObject;
}

/** @param secret {@link KEY_BYTES} random bytes */
export function sealingKey(secret: Uint8Array): SealingKey {
  if (secret.length !== KEY_BYTES) throw new Error(`a key has ${KEY_BYTES} bytes`);
  const id = createHash('sha256')
    .update('rostro key id')
    .update(secret)
    .digest('hex')
    .slice(0, 2 * KEY_ID_BYTES);
  return { id, secret: createSecretKey(secret) };
}

/** @returns the id of the key; null where the bytes are not encrypted */
export function sealedWith(bytes: Uint8Array): string | null {
  if (bytes.length < HEADER_BYTES + TAG_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return null;
  return Buffer.from(bytes.subarray(MAGIC.length, PREFIX_BYTES)).toString('hex');
}

/** @param name path of the file, with forward slashes */
export function seal(plain: Uint8Array, { id, secret }: SealingKey, name: string): Uint8Array {
  const prefix = Buffer.concat([MAGIC, Buffer.from(id, 'hex')]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(prefix, name));
  return Buffer.concat([prefix, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * @param key the one with the id that {@link sealedWith} returns
 * @returns null where the bytes were not encrypted with that key under that name
 */
export function unseal(sealed: Uint8Array, { secret }: SealingKey, name: string): Uint8Array | null {
  const nonce = sealed.subarray(PREFIX_BYTES, HEADER_BYTES);
  const decipher = createDecipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(sealed.subarray(0, PREFIX_BYTES), name));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return null;
  }
}

function associated(prefix: Uint8Array, name: string): Buffer {
  return Buffer.concat([prefix, Buffer.from(name, 'utf8')]);
}
