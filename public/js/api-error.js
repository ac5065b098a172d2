/** A failure the server told, or that it could not be reached (code `offline`, status 0). */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ status?: number, details?: Record<string, any>, requestId?: string | null }} [facts]
   */
  constructor(code, message, { status = 0, details = {}, requestId = null } = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.details = details;
    this.requestId = requestId;
  }

  static offline() {
    return new ApiError('offline', 'The server cannot be reached.');
  }

  /**
   * What a failed reply means: its own error, or `internal` where something in between answered.
   * @param {number} status
   * @param {any} body the reply as JSON, or null
   */
  static fromReply(status, body) {
    const { code, message, details } = body?.error ?? {};
    if (typeof code !== 'string')
      return new ApiError('internal', `The server answered with status ${status}.`, { status });
    return new ApiError(code, String(message), { status, details: details ?? {}, requestId: body.requestId ?? null });
  }
}

/**
 * The failure as a sentence in the reader's language; the server's own where the code is unknown.
 * @param {unknown} error
 * @param {import('./i18n.js').Translate} t
 * @returns {string}
 */
export function describeError(error, t) {
  const code = error instanceof ApiError ? error.code : 'internal';
  const key = `error.${code}`;
  const text = t(key);
  if (text !== key) return text;
  return error instanceof Error ? error.message : t('error.internal');
}
