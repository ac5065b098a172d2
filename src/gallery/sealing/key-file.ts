import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RostroError } from '../../shared/errors.js';
import { writeNewFile } from '../../shared/files.js';
import { KEY_BYTES, sealingKey, type SealingKey } from './sealed.js';

const HEX = new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}$`, 'i');
/** 32 bytes are 43 digits of base64, with or without the padding. */
const BASE64 = /^[\w+/-]{43}=?$/;

/**
 * Reads key files of 32 random bytes each, as raw bytes, hexadecimal or base64.
 * @throws RostroError `encryption_key_wrong`
 */
export function readKeys(paths: readonly string[]): Promise<SealingKey[]> {
  return Promise.all(paths.map(readKey));
}

async function readKey(path: string): Promise<SealingKey> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
    throw new RostroError('encryption_key_wrong', `The key file ${path} cannot be read: ${reason}.`, { cause });
  });
  const secret = secretIn(bytes);
  if (secret !== null) return sealingKey(secret);
  throw new RostroError(
    'encryption_key_wrong',
    `${path} holds no key: a key is ${KEY_BYTES} random bytes, as they are, in hexadecimal or in base64; ` +
      '"rostro encryption new-key" makes one.',
  );
}

function secretIn(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length === KEY_BYTES) return bytes;
  const text = Buffer.from(bytes).toString('latin1').trim();
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  return BASE64.test(text) ? Buffer.from(text, 'base64') : null;
}

/**
 * Creates a key in a new file that only the owner can read.
 * @throws RostroError `storage_failed`, also where the file exists: keys are never overwritten
 */
export async function createKeyFile(path: string): Promise<SealingKey> {
  const secret = randomBytes(KEY_BYTES);
  try {
    await writeNewFile(path, `${secret.toString('hex')}\n`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'it is there already, and no key is written over' : String(code);
    throw new RostroError('storage_failed', `${path} could not be written: ${reason}.`, { cause });
  }
  return sealingKey(secret);
}
