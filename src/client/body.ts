import { chunksOf, streamOf } from './byte-stream.js';
import { formDataOf, multipartOf, type FormPart } from './multipart.js';
import { blobOf, contentTypeOf, isStream, type Photo } from './photo.js';

/** Bytes that have left so far; `total` is null where a stream does not say how many there will be. */
export interface Progress {
  readonly sent: number;
  readonly total: number | null;
}

/** A body that is on its way. */
export interface OpenBody {
  readonly content: string | Blob | FormData | ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  /** What its own source failed with. */
  readonly failure: readonly unknown[];
}

export interface RequestBody {
  /** False for a stream, which is read once. */
  readonly isRepeatable: boolean;
  /** @param onProgress makes it a stream that tells what has been taken from it */
  open(onProgress?: (progress: Progress) => void): OpenBody;
}

export function jsonBody(value: unknown): RequestBody {
  const headers = { 'Content-Type': 'application/json' };
  return { isRepeatable: true, open: () => ({ content: JSON.stringify(value), headers, failure: [] }) };
}

/** A picture as it is. */
export function photoBody(photo: Photo): RequestBody {
  const headers = { 'Content-Type': contentTypeOf(photo) };
  if (!isStream(photo)) {
    const content = blobOf(photo);
    return { isRepeatable: true, open: () => ({ content, headers, failure: [] }) };
  }
  const open = (): OpenBody => {
    const { stream, failure } = streamOf(chunksOf(photo));
    return { content: stream, headers, failure };
  };
  return { isRepeatable: false, open };
}

export function formBody(parts: readonly FormPart[]): RequestBody {
  const isRepeatable = !parts.some((part) => 'file' in part && isStream(part.file));
  const open = (onProgress?: (progress: Progress) => void): OpenBody => {
    if (isRepeatable && !onProgress) return { content: formDataOf(parts), headers: {}, failure: [] };
    const { contentType, chunks, bytes } = multipartOf(parts);
    const { stream, failure } = streamOf(onProgress ? told(chunks, bytes, onProgress) : chunks);
    return { content: stream, headers: { 'Content-Type': contentType }, failure };
  };
  return { isRepeatable, open };
}

async function* told(
  chunks: AsyncIterable<Uint8Array>,
  total: number | null,
  onProgress: (progress: Progress) => void,
) {
  let sent = 0;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.byteLength;
    onProgress({ sent, total });
  }
}
