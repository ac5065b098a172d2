import { Transform } from 'node:stream';
import type { Request, Response } from 'express';
import multer, { MulterError, type StorageEngine } from 'multer';
import { storageFailed } from '../gallery/errors.js';
import { RostroError } from '../shared/errors.js';
import { fieldTexts, TEXT_OPTIONS } from './form-text.js';
import type { ReceivedFile } from '../transfer/import/photo-sources.js';
import type { UploadFolder } from '../transfer/import/upload-folder.js';

export interface ReceiveLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 4096;
/** Of one part. */
const MAX_PART_HEADERS = 20;
/** What a multipart body has besides its files, as a share of its size. */
const OVERHEAD_SHARE = 0.05;

/**
 * Streams the files of a multipart body into a folder. The fields are in `request.body` afterwards.
 * @throws RostroError `upload_too_large`, `too_many_files`, `bad_request`, `client_gone`, `storage_failed`
 */
export async function receiveFiles(
  request: Request,
  response: Response,
  folder: UploadFolder,
  { maxBytes, maxFiles }: ReceiveLimits,
): Promise<ReceivedFile[]> {
  if (Number(request.get('content-length') ?? 0) > maxBytes * (1 + OVERHEAD_SHARE)) throw tooLarge(maxBytes);
  const received: ReceivedFile[] = [];
  const parser = multer({
    storage: folderStorage(folder, maxBytes, received),
    preservePath: true,
    ...TEXT_OPTIONS,
    limits: {
      files: maxFiles,
      fields: MAX_FIELDS,
      fieldSize: MAX_FIELD_BYTES,
      parts: maxFiles + MAX_FIELDS,
      headerPairs: MAX_PART_HEADERS,
      fieldNestingDepth: 0,
    },
  });
  await new Promise<void>((resolve, reject) => {
    parser.any()(request, response, (error?: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(bodyError(error, request));
    });
  });
  fieldTexts(request.body);
  return received;
}

function folderStorage(folder: UploadFolder, maxBytes: number, received: ReceivedFile[]): StorageEngine {
  let total = 0;
  return {
    _handleFile(_request, { stream, originalname }, callback) {
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, next) {
          total += chunk.length;
          next(total > maxBytes ? tooLarge(maxBytes) : null, chunk);
        },
      });
      folder.store(stream, counted).then(
        (stored) => {
          received.push({ path: originalname, stored });
          callback(null, { filename: stored });
        },
        (error: unknown) => callback(error),
      );
    },
    _removeFile(_request, { filename }, callback) {
      folder.remove(filename).then(() => callback(null), callback);
    },
  };
}

/** Maps an error of the parser: the body is malformed, the client has gone, or the disk failed. */
function bodyError(error: unknown, request: Request): Error {
  if (error instanceof RostroError || error instanceof MulterError) return error;
  if (request.destroyed && !request.complete) {
    return new RostroError('client_gone', 'The client closed the connection.', { cause: error });
  }
  if ((error as NodeJS.ErrnoException).syscall !== undefined) {
    return storageFailed('The import could not be stored', error) as Error;
  }
  return new RostroError('bad_request', 'The multipart body is malformed or ends too early.', { cause: error });
}

function tooLarge(maxBytes: number): RostroError {
  const megabytes = Math.floor(maxBytes / 1024 / 1024);
  return new RostroError('upload_too_large', `An import may have ${megabytes} MB; send it in parts.`);
}
