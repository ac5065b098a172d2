import type { Readable } from 'node:stream';
import { type Request, type RequestHandler, Router } from 'express';
import multer, { MulterError, type StorageEngine } from 'multer';
import { RostroError } from '../shared/errors.js';
import { leaseOf, readBody } from './bodies.js';
import { fieldTexts, TEXT_OPTIONS } from './form-text.js';
import { JSON_COPIES, jsonBody } from './parse.js';
import { jsonPhoto } from './schemas.js';

/** Limits of a request with photos. */
export interface RequestLimits {
  readonly maxImageBytes: number;
  readonly maxFilesPerRequest: number;
  /** Of all files together. */
  readonly maxRequestBytes: number;
  /** Of all files of one import request together. */
  readonly maxImportBytes: number;
  /** Time to answer, from when the request has been read. */
  readonly deadlineMs: number;
}

export interface UploadedPhoto {
  readonly bytes: Uint8Array;
  readonly fileName: string | undefined;
}

const MAX_FIELDS = 20;
/** The limit of metadata. */
const MAX_FIELD_BYTES = 16 * 1024;
const MAX_FIELD_NAME_BYTES = 100;
/** Of one part; browsers send two. */
const MAX_PART_HEADERS = 20;
/** A verification has two. */
export const MOST_JSON_PHOTOS = 2;
/** Base64 takes four characters for three bytes; the rest of the JSON document is small. */
const jsonLimit = (maxImageBytes: number) => Math.ceil((maxImageBytes * 4) / 3) + 32 * 1024;

/**
 * Reads a body with photos into memory, within limits: multipart (file parts of any field name), a raw image, or JSON
 * `{image: <data URL or base64>}`.
 * @param jsonPhotos most photos in a JSON body
 */
export function photoBody(
  { maxImageBytes, maxFilesPerRequest, maxRequestBytes }: RequestLimits,
  jsonPhotos = 1,
): RequestHandler {
  const multipart = multer({
    storage: boundedMemory(maxRequestBytes),
    // Keeps paths in file names, so that the name check sees and refuses them.
    preservePath: true,
    ...TEXT_OPTIONS,
    limits: {
      fileSize: maxImageBytes,
      files: maxFilesPerRequest,
      fields: MAX_FIELDS,
      fieldSize: MAX_FIELD_BYTES,
      fieldNameSize: MAX_FIELD_NAME_BYTES,
      parts: maxFilesPerRequest + MAX_FIELDS,
      headerPairs: MAX_PART_HEADERS,
      fieldNestingDepth: 0,
    },
  });
  return Router().use(
    limitContentLength(maxRequestBytes),
    withBodyErrors(multipart.any()),
    rawBody(maxImageBytes),
    jsonBody(jsonLimit(jsonPhotos * maxImageBytes)),
  );
}

/** Maps errors of the parser: the body is malformed, or the client has gone. Answers before the body ends if it is refused. */
function withBodyErrors(parser: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (!request.is('multipart/*')) return next();
    const { signal } = leaseOf(request, response);
    let done = false;
    const finish = (error: unknown): void => {
      signal.removeEventListener('abort', refuse);
      if (!done) fieldTexts(request.body);
      if (!done) next(bodyErrorOf(error, request));
      done = true;
    };
    const refuse = (): void => finish(signal.reason);
    signal.addEventListener('abort', refuse);
    parser(request, response, finish);
  };
}

function bodyErrorOf(error: unknown, request: Request): unknown {
  if (error === undefined || error instanceof RostroError || error instanceof MulterError) return error;
  if (request.destroyed && !request.complete) {
    return new RostroError('client_gone', 'The client closed the connection.', { cause: error });
  }
  return new RostroError('bad_request', 'The multipart body is malformed or ends too early.', { cause: error });
}

function rawBody(limit: number): RequestHandler {
  return async (request, response, next) => {
    if (request.is(['image/*', 'application/octet-stream'])) {
      request.body = await readBody(request, response, limit);
    }
    next();
  };
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** @throws RostroError `no_file`, `bad_request` */
export function photosOf(request: Request): UploadedPhoto[] {
  const body: unknown = request.body;
  if (Array.isArray(request.files) && request.files.length > 0) {
    return request.files.map(({ buffer, originalname }) => ({ bytes: buffer, fileName: originalname }));
  }
  if (Buffer.isBuffer(body) && body.length > 0) return [{ bytes: body, fileName: undefined }];
  if (request.is('application/json')) return [photoFromJson(body)];
  throw new RostroError(
    'no_file',
    'No photo was sent: give one as a multipart file, as a raw image body, or as JSON {"image": "<base64>"}.',
  );
}

/** The only photo of a request. @throws RostroError `no_file`, `bad_request`, `too_many_files` */
export function onePhotoOf(request: Request): Uint8Array {
  const photos = photosOf(request);
  if (photos.length > 1) throw new RostroError('too_many_files', 'Send one photo a request here.');
  return photos[0].bytes;
}

function photoFromJson(body: unknown): UploadedPhoto {
  const parsed = jsonPhoto.safeParse(body);
  if (!parsed.success) {
    throw new RostroError('no_file', 'The JSON body has no "image" with a data URL or base64 text.');
  }
  const bytes = fromBase64(parsed.data.image);
  if (bytes === null) throw new RostroError('bad_request', 'The "image" is neither a data URL nor base64 text.');
  return { bytes, fileName: undefined };
}

/** @param text base64 or a data URL. @returns null for any other text */
export function fromBase64(text: string): Buffer | null {
  const base64 = text.replace(/^data:[^,]*;base64,/, '').replace(/\s/g, '');
  return BASE64.test(base64) ? Buffer.from(base64, 'base64') : null;
}

/** What a multipart body has besides its files. */
const OVERHEAD_BYTES = 1024 * 1024;

/** Multer storage in memory with a limit for all files of a request together, within the budget. */
export function boundedMemory(maxRequestBytes: number): StorageEngine {
  const taken = new WeakMap<Request, number>();
  const read = async (request: Request, stream: Readable): Promise<Buffer> => {
    const lease = leaseOf(request, request.res!);
    const chunks: Buffer[] = [];
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const bytes = (taken.get(request) ?? 0) + chunk.length;
      taken.set(request, bytes);
      if (bytes > maxRequestBytes) throw requestTooLarge();
      await lease.add(chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return {
    _handleFile(request, { stream }, callback) {
      read(request, stream).then(
        (buffer) => callback(null, { buffer, size: buffer.length }),
        (error: unknown) => {
          stream.resume();
          callback(error);
        },
      );
    },
    _removeFile(_request, file, callback) {
      file.buffer = Buffer.alloc(0);
      callback(null);
    },
  };
}

/** The most bytes of one request that are in memory. */
export function largestBody({
  maxImageBytes,
  maxRequestBytes,
}: Pick<RequestLimits, 'maxImageBytes' | 'maxRequestBytes'>): number {
  return Math.max(maxRequestBytes + OVERHEAD_BYTES, JSON_COPIES * jsonLimit(MOST_JSON_PHOTOS * maxImageBytes));
}

/** Refuses a multipart body by its Content-Length, before it is read. */
export function limitContentLength(maxRequestBytes: number): RequestHandler {
  return (request, _response, next) => {
    const stated = Number(request.get('content-length') ?? 0);
    next(stated > maxRequestBytes + OVERHEAD_BYTES && request.is('multipart/*') ? requestTooLarge() : undefined);
  };
}

function requestTooLarge(): RostroError {
  return new RostroError('upload_too_large', 'The photos of this request are too large together.');
}
