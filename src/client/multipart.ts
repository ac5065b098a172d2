import { chunksOf } from './byte-stream.js';
import { blobOf, isStream, type Photo } from './photo.js';

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
