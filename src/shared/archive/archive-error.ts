import { RostroError } from '../errors.js';

/** Why an archive is refused: `details.reason` of `bad_archive`. */
export type ArchiveFault =
  | 'damaged'
  | 'unsafe_path'
  | 'link'
  | 'encrypted'
  | 'unsupported'
  | 'duplicate'
  | 'bomb'
  | 'missing'
  | 'unknown_content';

/**
 * @param sentence that goes on where "The archive cannot be used." ends
 * @param entry the file in it that is to blame
 */
export function badArchive(reason: ArchiveFault, sentence: string, entry?: string): RostroError {
  return new RostroError('bad_archive', `The archive cannot be used, and nothing was changed. ${sentence}`, {
    details: { reason, ...(entry !== undefined && { entry }) },
  });
}
