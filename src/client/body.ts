import { blobOf, contentTypeOf, isStream, type Photo, type PhotoStream } from './photo.js';

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

/** A text, or a file under its name. */
export type FormPart =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly file: Photo; readonly fileName: string };

/** Where every file may be sent again: the browser, or Node, writes the form. */
export function formDataOf(parts: readonly FormPart[]): FormData {
  const form = new FormData();
  for (const part of parts) {
    if ('text' in part) form.append(part.name, part.text);
    else if (!isStream(part.file)) form.append(part.name, blobOf(part.file), part.fileName);
  }
  return form;
}

export interface Multipart {
  readonly contentType: string;
  readonly chunks: AsyncGenerator<Uint8Array>;
  /** Null where a stream does not say how long it is. */
  readonly bytes: number | null;
}

/** The same form chunk by chunk, for streams. Source: RFC 7578; names escaped as the HTML standard does it. */
export function multipartOf(parts: readonly FormPart[]): Multipart {
  const boundary = `rostro-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join('')}`;
  const heads = parts.map((part) => encoded(headOf(part, boundary)));
  const tail = encoded(`--${boundary}--\r\n`);
  const sizes = parts.map(sizeOf);
  const known = sizes.every((size) => size !== null);
  const bytes = sizes.reduce<number>(
    (sum, size, i) => sum + heads[i].length + (size ?? 0) + LINE_END.length,
    tail.length,
  );
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    chunks: write(parts, heads, tail),
    bytes: known ? bytes : null,
  };
}

async function* write(parts: readonly FormPart[], heads: readonly Uint8Array[], tail: Uint8Array) {
  for (const [i, part] of parts.entries()) {
    yield heads[i];
    if ('text' in part) yield encoded(part.text);
    else yield* chunksOf(isStream(part.file) ? part.file : blobOf(part.file).stream());
    yield LINE_END;
  }
  yield tail;
}

function headOf(part: FormPart, boundary: string): string {
  const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(part.name)}"`;
  if ('text' in part) return `${disposition}\r\n\r\n`;
  return `${disposition}; filename="${escaped(part.fileName)}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
}

function sizeOf(part: FormPart): number | null {
  if ('text' in part) return encoded(part.text).length;
  return isStream(part.file) ? null : blobOf(part.file).size;
}

const escaped = (text: string) => text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
const encoder = new TextEncoder();
const encoded = (text: string) => encoder.encode(text);
const LINE_END = encoded('\r\n');

/** The chunks of a stream; it is released when whoever takes them stops. */
export async function* chunksOf(stream: PhotoStream): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in stream) {
    yield* stream;
    return;
  }
  // Safari's streams cannot be iterated over.
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isOver = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isOver) await reader.cancel().catch(() => undefined);
  }
}

export interface ByteStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** What the chunks' own source failed with, as `[reason]`; the one who reads the stream may hear something else. */
  readonly failure: readonly unknown[];
}

/** Chunks as a stream that asks for the next one when there is room for it, and not before. */
export function streamOf(chunks: AsyncIterator<Uint8Array, void>): ByteStream {
  const failure: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await chunks.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          failure.push(error);
          controller.error(error);
        }
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, failure };
}
