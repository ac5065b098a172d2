import { RostroError } from '../../shared/errors.js';
import { seal, sealedWith, unseal, type SealingKey } from './sealed.js';
import { corrupt } from '../gallery.js';

/** Between the bytes that lie on the disk and what they mean. Names are relative to the data folder. */
export interface Vault {
  /** Whether what is written is encrypted. */
  readonly encrypts: boolean;
  seal(plain: Uint8Array, name: string): Uint8Array;
  /** @throws RostroError `encryption_key_wrong`, and `gallery_corrupt` where the bytes are not what was sealed */
  open(stored: Uint8Array, name: string): Uint8Array;
}

/** Nothing is encrypted; a file that is stops the reader in words. */
export const plainVault: Vault = {
  encrypts: false,
  seal: (plain) => plain,
  open(stored, name) {
    if (sealedWith(stored) === null) return stored;
    throw keyWrong(`${name} is encrypted: set ENCRYPTION_KEY_FILE to the file of its key.`);
  },
};

/** @param keys the first one writes, all of them read; none at all gives {@link plainVault} */
export function vaultOf(keys: readonly SealingKey[]): Vault {
  if (keys.length === 0) return plainVault;
  return {
    encrypts: true,
    seal: (plain, name) => seal(plain, keys[0], name),
    open: (stored, name) => openWith(keys, stored, name),
  };
}

/**
 * Reads sealed and plain files alike: for the change from the one to the other, when nobody else may read.
 * @throws RostroError as {@link Vault.open}
 */
export function openAny(keys: readonly SealingKey[], stored: Uint8Array, name: string): Uint8Array {
  return sealedWith(stored) === null ? stored : openWith(keys, stored, name);
}

function openWith(keys: readonly SealingKey[], stored: Uint8Array, name: string): Uint8Array {
  const id = sealedWith(stored);
  if (id === null) {
    throw keyWrong(`${name} is not encrypted, though ENCRYPTION_KEY_FILE is set: "rostro encryption on" encrypts it.`);
  }
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) {
    const given = keys.map((candidate) => candidate.id).join(', ');
    throw keyWrong(`${name} was encrypted with another key (${id}) than ENCRYPTION_KEY_FILE gives (${given}).`);
  }
  const plain = unseal(stored, key, name);
  if (plain === null) {
    throw corrupt(name, 'it is damaged, or its bytes were put there from another file, or changed by another hand');
  }
  return plain;
}

function keyWrong(message: string): RostroError {
  return new RostroError('encryption_key_wrong', message);
}
