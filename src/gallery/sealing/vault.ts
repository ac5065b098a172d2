import { relative, sep } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { corrupt } from '../errors.js';
import type { Disk } from '../files/disk.js';
import { originalPath } from '../files/layout.js';
import { seal, sealedWith, type SealingKey, unseal } from './sealed.js';

/** Encrypts and decrypts stored files. Names are relative to the data folder. */
export interface Vault {
  /** Whether `seal` encrypts. */
  readonly encrypts: boolean;
  seal(plain: Uint8Array, name: string): Uint8Array;
  /** @throws RostroError `encryption_key_wrong`; `gallery_corrupt` where the bytes were changed */
  open(stored: Uint8Array, name: string): Uint8Array;
}

/** A vault without encryption. Refuses encrypted files with an error that says what to do. */
export const plainVault: Vault = {
  encrypts: false,
  seal: (plain) => plain,
  open(stored, name) {
    if (sealedWith(stored) === null) return stored;
    throw keyWrong(`${name} is encrypted: set ENCRYPTION_KEY_FILE to the file of its key.`);
  },
};

/** @param keys the first one encrypts, all of them decrypt; {@link plainVault} where there are none */
export function vaultOf(keys: readonly SealingKey[]): Vault {
  if (keys.length === 0) return plainVault;
  return {
    encrypts: true,
    seal: (plain, name) => seal(plain, keys[0], name),
    open: (stored, name) => openWith(keys, stored, name),
  };
}

/**
 * Reads encrypted and plain files, for turning encryption on or off.
 * @throws RostroError as {@link Vault.open}
 */
export function openSealedOrPlain(keys: readonly SealingKey[], stored: Uint8Array, name: string): Uint8Array {
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

/**
 * A disk that encrypts and decrypts its files with a vault. Quarantined files keep the name that they were encrypted
 * under.
 */
export function sealedDisk(disk: Disk, dataDir: string, vault: Vault): Disk {
  const nameOf = (path: string): string => originalPath(relative(dataDir, path).split(sep).join('/'));
  const open = (bytes: Uint8Array | null, path: string): Uint8Array | null => bytes && vault.open(bytes, nameOf(path));
  const writeNew: Disk['writeNew'] = (path, bytes, finalPath = path) =>
    disk.writeNew(path, vault.seal(bytes, nameOf(finalPath)), finalPath);
  return {
    ...disk,
    read: async (path) => open(await disk.read(path), path),
    readSync: (path) => open(disk.readSync(path), path),
    writeNew,
    async duplicate(from, to) {
      if (!vault.encrypts) return disk.duplicate(from, to);
      const bytes = open(await disk.read(from), from);
      if (bytes !== null) await writeNew(to, bytes);
    },
  };
}
