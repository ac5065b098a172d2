import { randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import { KEY_BYTES, seal, sealedWith, sealingKey, unseal, type SealingKey } from '../../gallery/sealing/sealed.js';

/** How the key is made of the passphrase; written beside what is sealed. */
const parametersSchema = z.object({
  kdf: z.literal('scrypt'),
  /** Powers of two up to 2^20: beyond that a forged archive would only take memory. */
  cost: z
    .int()
    .min(2 ** 14)
    .max(2 ** 20),
  blockSize: z.int().min(8).max(16),
  parallelization: z.int().min(1).max(4),
  salt: z.string().regex(/^[0-9a-f]{32,128}$/),
});
type Parameters = z.infer<typeof parametersSchema>;

/** OWASP's Password Storage Cheat Sheet: 128 MB a try. */
const COST = { cost: 2 ** 17, blockSize: 8, parallelization: 1 } as const;
const SALT_BYTES = 16;
const SHORTEST = 12;

/** Seals the files of one archive with a passphrase: AES-256-GCM, each bound to its path. */
export interface PassphraseSeal {
  readonly parameters: Parameters;
  seal(plain: Uint8Array, path: string): Uint8Array;
  /** @throws RostroError `encryption_key_wrong` */
  unseal(sealed: Uint8Array, path: string): Uint8Array;
}

/** @throws RostroError `bad_request` for a passphrase that is too short to be one */
export async function newPassphraseSeal(passphrase: string): Promise<PassphraseSeal> {
  if (passphrase.length < SHORTEST) {
    throw new RostroError('bad_request', `A passphrase has ${SHORTEST} characters at least: take several words.`);
  }
  return sealOf(passphrase, { kdf: 'scrypt', ...COST, salt: randomBytes(SALT_BYTES).toString('hex') });
}

/** @param parameters as they were read @throws RostroError `encryption_key_wrong` where they are none */
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
