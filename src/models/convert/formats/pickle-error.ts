import { RostroError } from '../../../shared/errors.js';

/** What is wrong with a pickle, after "not a usable pickle: ". */
export function badPickle(message: string): RostroError {
  return new RostroError('bad_model_file', `not a usable pickle: ${message}`);
}
