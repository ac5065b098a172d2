import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { RostroError } from '../../shared/errors.js';
import type { Vault } from '../../gallery/sealing/vault.js';

const BYTES_PER_VALUE = 4;

/** Embeddings in a JSON file: float32, little-endian as every machine that Node.js runs on has it in memory, base64. */
export const float32 = z.codec(
  z.base64(),
  z.custom<Float32Array>((value) => value instanceof Float32Array),
  {
    decode(text, context) {
      const bytes = Buffer.from(text, 'base64');
      if (bytes.length % BYTES_PER_VALUE === 0) return new Float32Array(Uint8Array.from(bytes).buffer);
      context.issues.push({ code: 'custom', input: text, message: 'not a whole number of values' });
      return z.NEVER;
    },
    encode: ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  },
);

/** What a state file is sealed under, wherever it lies. */
export function sealedStateName(path: string): string {
  return `.state/${basename(path)}`;
}

/**
 * A small JSON file that Rostro can do without: what is missing, damaged, of another version or sealed with another key
 * counts as not there.
 * @returns null then
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
 * Replaces the file in one step, whole and synced. Only its owner may read it.
 * @throws RostroError `storage_failed`
 */
export async function writeState<T>(path: string, schema: z.ZodType<T>, value: T, vault: Vault): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      const text = JSON.stringify(z.encode(schema, value));
      await file.writeFile(vault.seal(Buffer.from(text), sealedStateName(path)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new RostroError('storage_failed', `${path} could not be written: ${code}.`, { cause });
  }
}
