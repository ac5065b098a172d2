/** Number of bytes sent so far; `total` is null for a stream of unknown length. */
export interface Progress {
  readonly sent: number;
  readonly total: number | null;
}

/** A body that is being sent. */
export interface OpenBody {
  readonly content: string | Blob | FormData | ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  /** `[reason]` once the source of the body has failed. */
  readonly failure: readonly unknown[];
}

export interface RequestBody {
  /** False for a stream, which can be read only once. */
  readonly isRepeatable: boolean;
  /** @param onProgress sends the body as a stream and is called for each chunk */
  open(onProgress?: (progress: Progress) => void): OpenBody;
}

export function jsonBody(value: unknown): RequestBody {
  const headers = { 'Content-Type': 'application/json' };
  return { isRepeatable: true, open: () => ({ content: JSON.stringify(value), headers, failure: [] }) };
}

/** A photo as the whole body. */
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
    const { stream, failure } = streamOf(onProgress ? withProgress(chunks, bytes, onProgress) : chunks);
    return { content: stream, headers: { 'Content-Type': contentType }, failure };
  };
  return { isRepeatable, open };
}

async function* withProgress(
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

/** A text field or a file. */
export type FormPart =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly file: Photo; readonly fileName: string };

/** For forms without streams: the browser or Node encodes the form. */
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
  /** Null for a stream of unknown length. */
  readonly bytes: number | null;
}

/** Encodes a form in chunks, for streams. Source: RFC 7578; names are escaped as in the HTML standard. */
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

/** The chunks of a stream. Cancels the stream when the caller stops early. */
export async function* chunksOf(stream: PhotoStream): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in stream) {
    yield* stream;
    return;
  }
  // Streams are not iterable in Safari.
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
  /** `[reason]` once the source has failed; the reader of the stream may get another error. */
  readonly failure: readonly unknown[];
}

/** A stream that pulls the next chunk only when the reader asks for it. */
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

/**
 * A photo or a ZIP archive of photos:
 * - a `Blob` or `File`; in Node also the result of `fs.openAsBlob`, which is read from disk while it is sent;
 * - bytes: `Uint8Array`, `Buffer`, `ArrayBuffer`;
 * - a `ReadableStream` or an async iterable of bytes, such as `fs.createReadStream`: not held in memory, and the call is not
 *   retried. Browsers refuse streams over HTTP/1.1.
 */
export type Photo = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** A photo that can be sent only once. */
export type PhotoStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

export function isStream(photo: Photo): photo is PhotoStream {
  return !(photo instanceof Blob) && !(photo instanceof ArrayBuffer) && !ArrayBuffer.isView(photo);
}

/** The photo as a Blob. */
export function blobOf(photo: Exclude<Photo, PhotoStream>): Blob {
  return photo instanceof Blob ? photo : new Blob([photo as BlobPart]);
}

/** The name of a `File`. */
export function fileNameOf(photo: Photo): string | undefined {
  const { name } = photo as { name?: unknown };
  return photo instanceof Blob && typeof name === 'string' && name !== '' ? name : undefined;
}

/** The content type of a photo sent as the whole body. */
export function contentTypeOf(photo: Photo): string {
  return photo instanceof Blob && photo.type.startsWith('image/') ? photo.type : 'application/octet-stream';
}
