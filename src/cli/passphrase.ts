import { readFile } from 'node:fs/promises';
import { RostroError } from '../shared/errors.js';

/** Reads the first line of a file: a passphrase on the command line would be visible to every user of the machine. */
export async function readPassphrase(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RostroError('no_file', `Cannot read ${file}: ${(cause as Error).message}.`, { cause });
  });
  return text.split(/\r?\n/)[0];
}
