import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { RostroError } from './errors.js';

/**
 * A file of the operator's.
 * @param setting that names it
 * @throws RostroError `bad_config`, naming the place in the file; never what stands there, which may be a password
 */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>, setting: string): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RostroError('bad_config', `${setting}=${path} cannot be read: ${code}.`, { cause });
  });
  const parsed = schema.safeParse(jsonOf(text, path));
  if (parsed.success) return parsed.data;
  const { path: place, message } = parsed.error.issues[0];
  throw new RostroError('bad_config', `${path} is not usable: ${place.join('.') || 'the file'}: ${message}.`);
}

/** @throws RostroError `bad_config` where two have the same id */
export function refuseTwins(path: string, what: string, all: readonly { readonly id: string }[]): void {
  const ids = all.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new RostroError('bad_config', `${path} has two ${what} "${twice}".`);
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse quotes the file.
    throw new RostroError('bad_config', `${path} is no JSON.`);
  }
}
