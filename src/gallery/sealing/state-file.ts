import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import { makePrivateFolder, replaceFile } from '../../shared/files.js';
import { sealedWith } from './sealed.js';
import type { Vault } from './vault.js';

/** The name that a state file is encrypted under, independent of its folder. */
export function sealedStateName(path: string): string {
  return `.state/${basename(path)}`;
}

/**
 * Decrypts a state file that was plain in earlier versions, which also encrypted galleries may still have.
 * @throws RostroError `encryption_key_wrong`, `gallery_corrupt`
 */
export function openState(stored: Uint8Array, path: string, vault: Vault): Uint8Array {
  return sealedWith(stored) === null ? stored : vault.open(stored, sealedStateName(path));
}

/**
 * Reads an optional JSON file.
 * @returns null where it is missing, damaged, of another version or encrypted with another key
 */
export async function readState<T>(path: string, schema: z.ZodType<T>, vault: Vault): Promise<T | null> {
  try {
    const bytes = vault.open(await readFile(path), sealedStateName(path));
    const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * Replaces the file atomically and syncs it. Only the owner can read it.
 * @throws RostroError `storage_failed`
 */
export async function writeState<T>(path: string, schema: z.ZodType<T>, value: T, vault: Vault): Promise<void> {
  try {
    await makePrivateFolder(dirname(path));
    const text = JSON.stringify(z.encode(schema, value));
    const bytes = vault.seal(Buffer.from(text), sealedStateName(path));
    await replaceFile(path, bytes, { sync: 'file' });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new RostroError('storage_failed', `${path} could not be written: ${code}.`, { cause });
  }
}
