import type { Request, Response } from 'express';
import { keyIdOf } from '../../../access/key.js';
import { RostroError } from '../../../shared/errors.js';
import { credentialsOf } from '../../../http/credentials.js';
import { setRetryAfter } from '../../../http/error-handler.js';
import { HTTP_STATUS } from '../../../http/status.js';
import { ANSWERS, COMPREFACE_CODES, type CompreFaceCode } from './codes.js';

const CODES = COMPREFACE_CODES;

/** A request that CompreFace refuses under a number of its own. */
export class CompreFaceError extends RostroError {
  constructor(
    readonly number: CompreFaceCode,
    message: string,
    readonly status = 400,
  ) {
    super('bad_request', message);
  }
}

interface Answer {
  readonly status: number;
  readonly code: CompreFaceCode;
  readonly message: string;
}

const KEY_IN_PATH = /^\/api\/v1\/static\/([^/?]+)\//i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `{message, code}` with CompreFace's numbers. */
export function sendCompreFaceError(response: Response, error: RostroError): void {
  const { status, code, message } = answerTo(error, response.req);
  setRetryAfter(response, status, error);
  response.status(status).json({ message, code });
}

function answerTo(error: RostroError, request: Request): Answer {
  const { message } = error;
  if (error instanceof CompreFaceError) return { status: error.status, code: error.number, message };
  if (error.code === 'unauthorised') return refusedKey(request);
  const [status, code] = ANSWERS[error.code] ?? [HTTP_STATUS[error.code], CODES.undefined];
  return {
    status,
    code,
    message: error.code === 'several_faces' ? 'Found more than one face in the given image' : message,
  };
}

/** It does not repeat the key. */
function refusedKey({ headers, secure, originalUrl }: Request): Answer {
  const given = KEY_IN_PATH.exec(originalUrl)?.[1] ?? credentialsOf(headers, secure).key;
  if (given === undefined) return { status: 400, code: CODES.missingHeader, message: 'Missing header: x-api-key' };
  if (keyIdOf(given) === null && !UUID.test(given)) {
    return { status: 400, code: CODES.validation, message: 'Service API key should be one of this server (rostro_…)' };
  }
  return { status: 404, code: CODES.keyNotFound, message: 'Service with this API Key not found' };
}
