import type { Request, RequestHandler } from 'express';
import type { StorageEngine } from 'multer';
import { RostroError } from '../shared/errors.js';

/** What a multipart body has besides its files. */
const OVERHEAD_BYTES = 1024 * 1024;

/** Keeps the files of a request in memory as long as all of them together stay within a limit. */
export function boundedMemory(maxRequestBytes: number): StorageEngine {
  const taken = new WeakMap<Request, number>();
  return {
    _handleFile(request, { stream }, callback) {
      let chunks: Buffer[] = [];
      let refused = false;
      stream.on('data', (chunk: Buffer) => {
        const bytes = (taken.get(request) ?? 0) + chunk.length;
        taken.set(request, bytes);
        if (bytes <= maxRequestBytes) return void chunks.push(chunk);
        chunks = [];
        if (!refused) callback(requestTooLarge());
        refused = true;
      });
      stream.on('end', () => {
        const buffer = Buffer.concat(chunks);
        if (!refused) callback(null, { buffer, size: buffer.length });
      });
    },
    _removeFile(_request, file, callback) {
      file.buffer = Buffer.alloc(0);
      callback(null);
    },
  };
}

/** Refuses a body that says itself that it is too large, before it is read. */
export function statedLength(maxRequestBytes: number): RequestHandler {
  return (request, _response, next) => {
    const stated = Number(request.get('content-length') ?? 0);
    next(stated > maxRequestBytes + OVERHEAD_BYTES && request.is('multipart/*') ? requestTooLarge() : undefined);
  };
}

function requestTooLarge(): RostroError {
  return new RostroError('upload_too_large', 'The photos of this request are too large together.');
}
