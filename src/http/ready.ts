import { RostroError } from '../shared/errors.js';

/**
 * @param find null until the networks are loaded
 * @returns what is found, or throws RostroError `not_ready`
 */
export function whenReady<T>(find: () => T | null): () => T {
  return () => {
    const found = find();
    if (found !== null) return found;
    throw new RostroError('not_ready', 'The networks are still being loaded; try again in a moment.');
  };
}
