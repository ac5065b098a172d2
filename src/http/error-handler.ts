import type { ErrorRequestHandler, Request, Response } from 'express';
import { MulterError } from 'multer';
import { RostroError } from '../shared/errors.js';
import type { Fields, Logger } from '../shared/logger.js';
import { HTTP_STATUS } from './error-status.js';

/** Header with the id of the request; a failed reply repeats it in its body. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Sends the reply of every failed request.
 * @param send default: `{error: {code, message, details}, requestId}`
 */
export function errorHandler(log: Logger, send = sendError): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const known = toRostroError(error);
    const id = response.get(REQUEST_ID_HEADER);
    if (known.code === 'internal') log.error({ id, ...describeError(error, request) }, 'a request failed unexpectedly');
    if (known.code === 'storage_failed') log.error({ id, system: systemCodeOf(known) }, 'a change could not be stored');
    if (response.headersSent) return next(error);
    send(response, known);
  };
}

export function sendError(response: Response, error: RostroError): void {
  const status = HTTP_STATUS[error.code];
  if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="Rostro"');
  setRetryAfter(response, status, error);
  response.status(status).json({ error: errorBody(error), requestId: response.get(REQUEST_ID_HEADER) });
}

export function setRetryAfter(response: Response, status: number, error: RostroError): void {
  if (status === 429 || status === 503) response.set('Retry-After', retryAfterOf(error));
}

/** Seconds. */
export function retryAfterOf({ details }: RostroError): string {
  const seconds = details?.retryAfterSeconds;
  return typeof seconds === 'number' ? String(seconds) : '1';
}

export function errorBody({ code, message, details }: RostroError): ErrorBody {
  return { code, message, details: details ?? {} };
}

/** Unexpected errors become `internal` without their message, which may contain personal data. */
export function toRostroError(error: unknown): RostroError {
  if (error instanceof RostroError) return error;
  if (error instanceof MulterError) return fromMulter(error);
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large') return new RostroError('upload_too_large', 'The request body is too large.');
  if (type === 'entity.parse.failed') return new RostroError('bad_request', 'The request body is not valid JSON.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RostroError('bad_request', 'The request is malformed.');
  }
  return new RostroError('internal', 'Something went wrong on the server; its log has the details.', { cause: error });
}

function fromMulter({ code }: MulterError): RostroError {
  switch (code) {
    case 'LIMIT_FILE_SIZE':
      return new RostroError('upload_too_large', 'The file is too large.');
    case 'LIMIT_FILE_COUNT':
      return new RostroError('too_many_files', 'The request has too many files.');
    default:
      return new RostroError('bad_request', 'The multipart body has too many or too long parts.');
  }
}

function systemCodeOf({ details }: RostroError): string | undefined {
  const code = details?.systemCode;
  return typeof code === 'string' ? code : undefined;
}

/**
 * An unexpected error for the log. Messages may contain names of people, so messages of file operations (with paths),
 * values of the path and the query, and quoted text are removed.
 */
export function describeError(error: unknown, request?: Request): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, syscall } = error as NodeJS.ErrnoException;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const message = syscall === undefined ? redacted(error.message, request) : undefined;
  return { error: error.name, code: textOf(code), syscall, message, stack: frames.join('\n') };
}

function redacted(message: string, request: Request | undefined): string {
  const sent = [...Object.values(request?.params ?? {}), ...Object.values(request?.query ?? {})]
    .filter((value): value is string => typeof value === 'string' && value !== '')
    .sort((a, b) => b.length - a.length);
  const rest = sent.reduce(
    (text, value) => text.replaceAll(value, '…').replaceAll(encodeURIComponent(value), '…'),
    message,
  );
  return rest.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"');
}

function textOf(code: unknown): string | undefined {
  return typeof code === 'string' ? code : undefined;
}
