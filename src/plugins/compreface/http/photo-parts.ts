import { type Request, type RequestHandler, Router } from 'express';
import { fromBase64, photoBody, type RequestLimits } from '../../../http/photos.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';

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

/** `--` and a boundary of 70 characters at most (RFC 2046, 5.1.1), and the end of the line. */
const LONGEST_LINE = 74;
const FIRST_LINE = /^--([\w'()+,./:=? -]{1,70})\r\n/;

/**
 * CompreFace's JavaScript client sends blobs from Node.js as `multipart/form-data` without saying the boundary. The first line
 * of the body has it.
 */
export const withBoundary: RequestHandler = (request, _response, next) => {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(type) || /;\s*boundary=/i.test(type)) return next();
  let seen = Buffer.alloc(0);
  const finish = (): void => {
    request.off('readable', look).off('end', finish).off('close', finish);
    const found = FIRST_LINE.exec(seen.toString('latin1', 0, LONGEST_LINE));
    if (found) request.headers['content-type'] = `multipart/form-data; boundary="${found[1]}"`;
    next();
  };
  const look = (): void => {
    const chunk = request.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < LONGEST_LINE) return;
    request.unshift(seen);
    finish();
  };
  request.on('readable', look).on('end', finish).on('close', finish);
};
