import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { RostroError } from './errors.js';

/**
 * @param json text, or its bytes in UTF-8
 * @returns undefined where it is not JSON; the error of `JSON.parse` is dropped because it quotes the text
 */
export function parseJson(json: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Reads a file of the operator.
 * @param setting that names the file
 * @throws RostroError `bad_config`; it names the place in the file, never the value there, which may be a password
 */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>, setting: string): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RostroError('bad_config', `${setting}=${path} cannot be read: ${code}.`, { cause });
  });
  const json = parseJson(text);
  if (json === undefined) throw new RostroError('bad_config', `${path} is no JSON.`);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path: place, message } = parsed.error.issues[0];
  throw new RostroError('bad_config', `${path} is not usable: ${place.join('.') || 'the file'}: ${message}.`);
}

/** @throws RostroError `bad_config` where two entries have the same id */
export function requireUniqueIds(path: string, what: string, all: readonly { readonly id: string }[]): void {
  const ids = all.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new RostroError('bad_config', `${path} has two ${what} "${twice}".`);
}
