import express, { type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import type { PersonDetails } from '../gallery/gallery.js';
import type { Wishes } from '../people/name-faces.js';
import { parseGroup, parsePersonDetails } from '../people/person-details.js';
import { RostroError } from '../shared/errors.js';
import { fieldOf, rawField } from './photos.js';
import { recognizeFields } from './schemas.js';

/** @throws RostroError `bad_request`, naming the first field that is wrong */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new RostroError(
    'bad_request',
    `The ${what} is not usable: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}.`,
  );
}

/**
 * What a request says of the person whose photos it brings: `id`, `group` (once or several times), `metadata` (JSON).
 * @throws RostroError `bad_request`, `bad_details`
 */
export function detailsOf(request: Request): Partial<PersonDetails> {
  const group = rawField(request, 'group');
  const groups = group === undefined || group === '' ? undefined : [group].flat();
  return parsePersonDetails({ id: fieldOf(request, 'id'), groups, metadata: metadataOf(request) });
}

function metadataOf(request: Request): unknown {
  const value = rawField(request, 'metadata');
  if (value === '') return undefined;
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new RostroError('bad_request', 'The field "metadata" is not JSON.');
  }
}

/**
 * What `schema` has of the parts of a form, the properties of a JSON body or the parameters of the query, each given once.
 * @throws RostroError `bad_request`
 */
export function fieldsOf<T extends z.ZodObject>(request: Request, schema: T): z.output<T> {
  const given = Object.keys(schema.shape).map((name) => [name, fieldOf(request, name)]);
  return parseRequest(schema, Object.fromEntries(given), 'request') as z.output<T>;
}

/**
 * What a request asks of the names that are given, and which camera its frame is of; undefined for a picture that stands alone.
 * @throws RostroError `bad_request`, `bad_details`
 */
export function wishesOf(request: Request): { readonly session: string | undefined; readonly wishes: Wishes } {
  const { session, group, ...rest } = fieldsOf(request, recognizeFields);
  return { session, wishes: { ...rest, group: group === undefined ? undefined : parseGroup(group) } };
}

/** Values, keys and separators; a photo with its fields has ten. */
const MAX_MARKS = 1000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const MARKS = new Set(Buffer.from('[{,:'));

/**
 * Reads a JSON body that is large because of one long text. `JSON.parse` takes ten seconds and a gigabyte for 26 MB of
 * brackets, on the thread that answers everybody, so a body with many values is refused before it is parsed.
 * @param limit bytes
 * @param maxMarks values, keys and separators
 */
export function jsonBody(limit: number, maxMarks = MAX_MARKS): RequestHandler {
  return express.json({
    limit,
    verify(_request, _response, bytes, encoding) {
      if (encoding === 'utf-8' && !hasManyValues(bytes, maxMarks)) return;
      throw new RostroError('bad_request', `The JSON body is not UTF-8, or has more than ${maxMarks} values.`);
    },
  });
}

function hasManyValues(bytes: Buffer, maxMarks: number): boolean {
  let marks = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) i = endOfText(bytes, i);
    else if (MARKS.has(bytes[i]) && ++marks > maxMarks) return true;
  }
  return false;
}

/** @returns where the quote is that ends the text which begins at `start`; the end of the body where there is none */
function endOfText(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (bytes[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return bytes.length;
}
