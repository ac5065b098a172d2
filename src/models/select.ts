import { basename } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { MODEL_FILES, type ModelFile } from './manifest.js';

/**
 * The known files that people mean by `wanted`: a model's name (`mtcnn`), a path (`npy/det1.npy`) or a bare file name
 * (`det1.npy`). Nothing wanted means every file that has to be fetched.
 * @throws RostroError `model_missing` for a word that means no known file.
 */
export function selectModels(wanted: readonly string[]): ModelFile[] {
  if (wanted.length === 0) return MODEL_FILES.filter((file) => !file.embedded);
  const selected = new Set(wanted.flatMap(filesMeantBy));
  return MODEL_FILES.filter((file) => selected.has(file));
}

function filesMeantBy(word: string): ModelFile[] {
  const meant = MODEL_FILES.filter((file) => [file.name, file.path, basename(file.path)].includes(word));
  if (meant.length > 0) return meant;
  const names = [...new Set(MODEL_FILES.map((file) => file.name))].join(', ');
  throw new RostroError('model_missing', `No known model is called ${word}. There are: ${names}.`);
}
