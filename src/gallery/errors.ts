import { RostroError } from '../shared/errors.js';
import { systemCode } from '../shared/files.js';
import type { Person } from './gallery.js';

export function idTaken(id: string, { name }: Pick<Person, 'name'>): RostroError {
  return new RostroError('id_taken', `The id "${id}" is that of "${name}" already.`, { details: { name } });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'the server has no permission there',
  EPERM: 'the server has no permission there',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOTDIR: 'a file lies where a folder is expected',
  EEXIST: 'something else lies where it belongs',
  EISDIR: 'a folder lies where a file is expected',
  EIO: 'the disk reports an error',
};

/**
 * Translates an error of the file system into `storage_failed`. Returns any other error unchanged.
 * @param attempt start of the message: `The gallery could not be written`
 */
export function storageFailed(attempt: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const reason = REASONS[code] ?? `the system answered ${code}`;
  return new RostroError('storage_failed', `${attempt}: ${reason}.`, { details: { systemCode: code }, cause: error });
}

/** @param file relative to the data folder */
export function corrupt(file: string, what: string, cause?: unknown): RostroError {
  return new RostroError('gallery_corrupt', `${file} cannot be used: ${what}.`, { details: { file }, cause });
}
