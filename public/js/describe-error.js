import { RostroApiError } from '/client/index.js';

/** A failure that is none of the server's. */
export class PageError extends Error {
  /** @param {string} code of a sentence, `error.<code>` @param {string} message where there is no such sentence */
  constructor(code, message) {
    super(message);
    this.name = 'PageError';
    this.code = code;
  }
}

/**
 * The failure as a sentence in the reader's language; the server's own where the code is unknown.
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
