import { randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { KEY_BYTES, seal, sealedWith, sealingKey, type SealingKey, unseal } from '../../gallery/sealing/sealed.js';
import { RostroError } from '../../shared/errors.js';

/** Key derivation parameters, stored in the archive. */
const parametersSchema = z.object({
  kdf: z.literal('scrypt'),
  /** A power of two. At most 2^20, because a forged archive could exhaust the memory. */
  cost: z
    .int()
    .min(2 ** 14)
    .max(2 ** 20),
  blockSize: z.int().min(8).max(16),
  parallelization: z.int().min(1).max(4),
  salt: z.string().regex(/^[0-9a-f]{32,128}$/),
});
type Parameters = z.infer<typeof parametersSchema>;

/** From OWASP's Password Storage Cheat Sheet; needs 128 MB per attempt. */
const COST = { cost: 2 ** 17, blockSize: 8, parallelization: 1 } as const;
const SALT_BYTES = 16;
const MIN_LENGTH = 12;

/** Encrypts the files of an archive with a passphrase: AES-256-GCM, each file bound to its path. */
export interface PassphraseSeal {
  readonly parameters: Parameters;
  seal(plain: Uint8Array, path: string): Uint8Array;
  /** @throws RostroError `encryption_key_wrong` */
  unseal(sealed: Uint8Array, path: string): Uint8Array;
}

/** @throws RostroError `bad_request` where the passphrase is too short */
export async function newPassphraseSeal(passphrase: string): Promise<PassphraseSeal> {
  if (passphrase.length < MIN_LENGTH) {
    throw new RostroError('bad_request', `A passphrase has ${MIN_LENGTH} characters at least: take several words.`);
  }
  return sealOf(passphrase, { kdf: 'scrypt', ...COST, salt: randomBytes(SALT_BYTES).toString('hex') });
}

/** @param parameters unvalidated, from the archive @throws RostroError `encryption_key_wrong` where they are invalid */
export async function passphraseSeal(passphrase: string, parameters: unknown): Promise<PassphraseSeal> {
  const parsed = parametersSchema.safeParse(parameters);
  if (!parsed.success) throw wrong('The archive does not say how its key is made of a passphrase.');
  return sealOf(passphrase, parsed.data);
}

async function sealOf(passphrase: string, parameters: Parameters): Promise<PassphraseSeal> {
  const key = await keyOf(passphrase, parameters);
  return {
    parameters,
    seal: (plain, path) => seal(plain, key, path),
    unseal(sealed, path) {
      const plain = sealedWith(sealed) === key.id ? unseal(sealed, key, path) : null;
      if (plain === null) throw wrong('The passphrase is not that of the archive, or the archive was changed.');
      return plain;
    },
  };
}

function keyOf(passphrase: string, parameters: Parameters): Promise<SealingKey> {
  const { cost, blockSize, parallelization, salt } = parameters;
  const options = { cost, blockSize, parallelization, maxmem: 256 * cost * blockSize };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'hex'), KEY_BYTES, options, (error, secret) => {
      if (error) reject(error);
      else resolve(sealingKey(secret));
    });
  });
}

function wrong(message: string): RostroError {
  return new RostroError('encryption_key_wrong', message);
}
