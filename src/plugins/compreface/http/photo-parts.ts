import { Router, type Request, type RequestHandler } from 'express';
import { fromBase64, photoBody, type RequestLimits } from '../../../http/photos.js';
import { COMPREFACE_CODES as CODES } from './codes.js';
import { CompreFaceError } from './errors.js';
import { withBoundary } from './multipart-boundary.js';

/** Of a verification. */
const MOST_PHOTOS = 2;

/** Reads the photos of a request: parts of a multipart body, or base64 texts in JSON, under the names of its parts. */
export function photoParts(limits: RequestLimits): RequestHandler {
  return Router().use(multipartOrJson, withBoundary, photoBody(limits, MOST_PHOTOS));
}

/** @throws CompreFaceError 415 */
export const jsonOnly: RequestHandler = (request, _response, next) => {
  next(request.is('application/json') ? undefined : unsupported(request));
};

const multipartOrJson: RequestHandler = (request, _response, next) => {
  next(request.is(['multipart/form-data', 'application/json']) ? undefined : unsupported(request));
};

/** @throws CompreFaceError where there is no such part, or it is no base64 */
export function photoOf(request: Request, name: string): Uint8Array {
  if (!request.is('application/json')) return filePart(request, name);
  const text = (request.body as Record<string, unknown> | null | undefined)?.[name];
  if (text === undefined || text === null) {
    throw new CompreFaceError(CODES.emptyRequiredField, `Field ${name} cannot be empty`);
  }
  const bytes = typeof text === 'string' ? fromBase64(text) : null;
  if (bytes === null) throw new CompreFaceError(CODES.fileType, 'Provided value is not Base64');
  return bytes;
}

function filePart({ files }: Request, name: string): Uint8Array {
  const file = Array.isArray(files) ? files.find(({ fieldname }) => fieldname === name) : undefined;
  if (file) return file.buffer;
  throw new CompreFaceError(CODES.missingPart, `Required request part '${name}' is not present`);
}

/** As Spring answers, which has no number for it. */
function unsupported(request: Request): CompreFaceError {
  const type = request.get('content-type')?.split(';')[0] ?? '';
  return new CompreFaceError(CODES.undefined, `Content type '${type}' not supported`, 415);
}
