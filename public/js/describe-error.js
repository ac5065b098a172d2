import { RostroApiError } from '../client/index.js';

/** An error of the page itself. */
export class PageError extends Error {
  /** @param {string} code of a text, `error.<code>` @param {string} message used if there is no such text */
  constructor(code, message) {
    super(message);
    this.name = 'PageError';
    this.code = code;
  }
}

/**
 * Describes an error in the language of the page; with the server's message if the code is unknown.
 * @param {unknown} error
 * @param {import('./i18n.js').Translate} t
 * @returns {string}
 */
export function describeError(error, t) {
  const code = error instanceof RostroApiError || error instanceof PageError ? error.code : 'internal';
  const key = `error.${code}`;
  const text = t(key);
  if (text !== key) return text;
  return error instanceof Error ? error.message : t('error.internal');
}
