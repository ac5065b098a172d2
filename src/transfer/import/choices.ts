import { RostroError } from '../../shared/errors.js';
import { parsePhotoList } from './photo-list.js';

/**
 * Which face is meant in which photo: a CSV file with the columns `file` and `face`, such as a report in which the
 * column was filled in. Rows without a face say nothing.
 * @returns file -> face
 * @throws RostroError `bad_list`, also for a face that is no number
 */
export function parseChoices(bytes: Uint8Array): Map<string, number> {
  const { rows, bad } = parsePhotoList(bytes, ['file', 'face']);
  if (bad.length > 0) throw new RostroError('bad_list', `Line ${bad[0].line} of the choices: ${bad[0].message}`);
  return new Map(rows.flatMap(({ file, face }) => (face === null ? [] : [[file, face] as const])));
}
