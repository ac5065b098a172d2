import type { Readable, Writable } from 'node:stream';
import { type Request, type RequestHandler, Router } from 'express';
import multer, { MulterError, type Options, type StorageEngine } from 'multer';
import { sniffImage } from '../faces/image/sniff.js';
import { MAX_GROUPS } from '../people/person-details.js';
import { RostroError } from '../shared/errors.js';
import { leaseOf, readBody } from './bodies.js';
import { decodeHeads, fieldTexts, TEXT_OPTIONS } from './form-text.js';
import { JSON_COPIES, jsonFrom } from './parse.js';
import { givenFileName, photoParts, withBoundary } from './photo-parts.js';
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

/** Groups, and the other fields of a route. */
const MAX_FIELDS = MAX_GROUPS + 20;
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
 * Reads a body with photos into memory, within limits: multipart (parts of any field name), a raw image, or JSON
 * `{image: <data URL or base64>}`. The first bytes decide where the content type says nothing of photos, such as that of
 * `curl --data-binary`.
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
    // Missing in multer's types.
    streamHandler: readParts,
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
  } as Options & { streamHandler: typeof readParts });
  return Router().use(
    limitContentLength(maxRequestBytes),
    withBoundary,
    withBodyErrors(multipart.any()),
    singleBody(maxImageBytes, jsonLimit(jsonPhotos * maxImageBytes)),
  );
}

/** multer's types lack this option. */
function readParts(request: Request, parser: Writable): void {
  decodeHeads(parser);
  photoParts(request, parser);
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

/** The first bytes of a JSON document: `{`, white space, or a byte order mark. */
const JSON_STARTS = new Set(Buffer.from('{ \t\r\n\ufeff'));

/** A body that is not multipart: `request.body` becomes the bytes of a photo, or the object of a JSON document. */
function singleBody(imageLimit: number, jsonLimit: number): RequestHandler {
  return async (request, response, next) => {
    if (request.is('multipart/*') || !hasBody(request)) return next();
    const isPhoto = request.is(['image/*', 'application/octet-stream']) !== false;
    const isJson = request.is('application/json') !== false;
    const limitFor = (first: number) =>
      !isPhoto && (isJson || JSON_STARTS.has(first))
        ? { limit: jsonLimit, copies: JSON_COPIES }
        : { limit: imageLimit, copies: 1 };
    const bytes = await readBody(request, response, limitFor);
    if (isPhoto || sniffImage(bytes) !== null || isDataUrl(bytes)) request.body = bytes;
    else if (isJson || JSON_OBJECT.test(bytes.toString('utf8', 0, SNIFFED_BYTES)))
      request.body = jsonFrom(bytes, request);
    next();
  };
}

const JSON_OBJECT = /^\s*\{/;
const SNIFFED_BYTES = 64;

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** `Buffer.from` reads both alphabets. */
const BASE64 = /^[\w+/-]+={0,2}$/;
/** With any parameters: `data:image/jpeg;name=a.jpg;base64,`. */
const DATA_URL = /^\s*data:[^,]*;\s*base64\s*,/i;
const DATA_URL_START = 'data:';

function isDataUrl(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, DATA_URL_START.length).toLowerCase() === DATA_URL_START;
}

/** The photo in a part or a body that has the text of a data URL. @throws RostroError `bad_request` */
function decodedPhoto(bytes: Buffer): Buffer {
  if (!isDataUrl(bytes)) return bytes;
  const photo = fromBase64(bytes.toString('latin1'));
  if (photo === null) throw new RostroError('bad_request', 'The data URL of the photo has no base64 text.');
  return photo;
}

/** @throws RostroError `no_file`, `bad_request` */
export function photosOf(request: Request): UploadedPhoto[] {
  const body: unknown = request.body;
  if (Array.isArray(request.files) && request.files.length > 0) {
    return request.files.map(({ buffer, originalname }) => ({
      bytes: decodedPhoto(buffer),
      fileName: givenFileName(originalname),
    }));
  }
  if (Buffer.isBuffer(body) && body.length > 0) return [{ bytes: decodedPhoto(body), fileName: undefined }];
  if (!request.is('multipart/*') && typeof body === 'object' && body !== null) return [photoFromJson(body)];
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

/**
 * Reads base64 or base64url (RFC 4648, sections 4 and 5), with or without padding, also percent-encoded in a data URL.
 * @param text base64 or a data URL (RFC 2397). @returns null for any other text
 */
export function fromBase64(text: string): Buffer | null {
  const [prefix] = DATA_URL.exec(text) ?? [''];
  const payload = prefix === '' ? text : percentDecoded(text.slice(prefix.length));
  const base64 = payload.replace(/\s/g, '');
  return BASE64.test(base64) ? Buffer.from(base64, 'base64') : null;
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
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
