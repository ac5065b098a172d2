import { parse } from 'node:querystring';
import type { Readable, Writable } from 'node:stream';
import { bytesOf, nameOf, pathOf, utf8Of } from '../shared/text-encoding.js';

/** Of the parser of multer, busboy: it gives texts of one byte a character, and no sign of what has been decoded. */
interface HeadParser {
  cb: (head: Readonly<Record<string, string[] | undefined>>) => void;
}

/** Options of multer for the texts of a form. {@link fieldTexts} decodes the fields, which it gives as bytes. */
export const TEXT_OPTIONS = {
  defParamCharset: 'utf8',
  defCharset: 'latin1',
  streamHandler(request: Readable, parser: Writable): void {
    decodeHeads(parser);
    request.pipe(parser);
  },
} as const;

/** A parameter of `Content-Disposition` that is not in the form of RFC 5987, which says its charset. */
const NAME_PARAMETER = /(;\s*(?:file)?name\s*=\s*"?)((?:[^"\\;]|\\.)*)/gi;
const CHARSET = /;\s*charset\s*=\s*(?:"[^"]*"|[^;]*)/i;

/**
 * Makes the heads of multipart parts UTF-8 before they are parsed: file names of old programs are in the code page of their
 * system. Names that are not recognised stay, and get U+FFFD.
 * @param parser of busboy 1.6
 */
export function decodeHeads(parser: Writable): void {
  let current: HeadParser | null = null;
  const seen = new WeakSet<HeadParser>();
  Object.defineProperty(parser, '_hparser', {
    get: () => current,
    set(next: HeadParser | null) {
      current = next;
      if (next === null || seen.has(next)) return;
      seen.add(next);
      const parsed = next.cb;
      next.cb = (head) => {
        const { 'content-disposition': disposition, 'content-type': type } = head;
        if (disposition) disposition[0] = decodedDisposition(disposition[0]);
        // Otherwise it could not be told whether the text of a field is decoded. The parser knows hardly any charset.
        if (type) type[0] = type[0].replace(CHARSET, '');
        parsed(head);
      };
    },
  });
}

function decodedDisposition(head: string): string {
  if (utf8Of(bytesOf(head)) !== null) return head;
  return head.replace(NAME_PARAMETER, (_all, start: string, value: string) => {
    return start + Buffer.from(pathOf(bytesOf(value))).toString('latin1');
  });
}

/** Decodes the fields of a form that was read with {@link TEXT_OPTIONS}. @param body undefined if multer found no boundary */
export function fieldTexts(body: unknown): void {
  for (const [name, value] of Object.entries((body ?? {}) as Record<string, unknown>)) {
    if (typeof value === 'string') (body as Record<string, unknown>)[name] = textOf(value);
    else if (Array.isArray(value)) (body as Record<string, unknown>)[name] = value.map(textOf);
  }
}

function textOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  // A JSON escape beside bytes.
  return /[^\0-\xff]/.test(value) ? value.replace(/[\x80-\xff]/g, '\ufffd') : nameOf(bytesOf(value));
}

/** A query string, with bytes that are not UTF-8 read as `nameOf` does. Node.js gives bytes of an address as characters. */
export function parseQuery(query: string): Record<string, string | string[] | undefined> {
  return parse(query, '&', '=', { decodeURIComponent: (text) => nameOf(bytesOf(unescapeBytes(text))) });
}

function unescapeBytes(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/**
 * Parses a JSON document whose texts are in UTF-8, or as `nameOf` reads them.
 * @throws SyntaxError
 */
export function parseJsonBytes(bytes: Buffer): unknown {
  const text = utf8Of(bytes);
  if (text !== null) return JSON.parse(text);
  return JSON.parse(bytes.toString('latin1'), (_key, value: unknown) => textOf(value));
}
