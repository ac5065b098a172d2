import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import type { PersonDetails } from '../gallery/gallery.js';
import type { NamingOptions } from '../people/naming.js';
import { parseGroup, parsePersonDetails } from '../people/person-details.js';
import type { SearchOptions } from '../people/recognition.js';
import { RostroError } from '../shared/errors.js';
import { readBody } from './bodies.js';
import { parseJsonBytes } from './form-text.js';
import { recognizeFields } from './schemas.js';

/** @throws RostroError `bad_request` with the first invalid field */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new RostroError(
    'bad_request',
    `The ${what} is not usable: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}.`,
  );
}

/** A part of a multipart body, a property of a JSON body, or a query parameter, unchecked. */
function rawField(request: Request, name: string): unknown {
  const body: unknown = request.body;
  const own = typeof body === 'object' && body !== null && !Buffer.isBuffer(body) && Object.hasOwn(body, name);
  return own ? (body as Record<string, unknown>)[name] : request.query[name];
}

/** As {@link rawField}, but only text. @throws RostroError `bad_request` */
export function fieldOf(request: Request, name: string): string | undefined {
  const value = rawField(request, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new RostroError('bad_request', `The field "${name}" must be given once, as text.`);
}

/**
 * The details of a person in a request: `id`, `group` (once or several times), `metadata` (JSON), `consent` (a basis or JSON),
 * `expires`.
 * @throws RostroError `bad_request`, `bad_details`
 */
export function detailsOf(request: Request): Partial<PersonDetails> {
  const group = rawField(request, 'group');
  const groups = group === undefined || group === '' ? undefined : [group].flat();
  const metadata = metadataOf(request);
  return parsePersonDetails({ id: fieldOf(request, 'id'), groups, metadata, ...consentOf(request) });
}

/** `consent` (a basis, or JSON) and `expires`, unchecked. @throws RostroError `bad_request` */
export function consentOf(request: Request): { readonly consent?: unknown; readonly expires?: unknown } {
  const given = rawField(request, 'consent');
  const isJson = typeof given === 'string' && given.trimStart().startsWith('{');
  const consent = given === '' ? undefined : isJson ? jsonField('consent', given) : given;
  return { consent, expires: fieldOf(request, 'expires') };
}

function metadataOf(request: Request): unknown {
  const value = rawField(request, 'metadata');
  if (value === '') return undefined;
  return typeof value === 'string' ? jsonField('metadata', value) : value;
}

function jsonField(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RostroError('bad_request', `The field "${name}" is not JSON.`);
  }
}

/**
 * Reads the fields of `schema` from a form, a JSON body or the query; each may occur once.
 * @throws RostroError `bad_request`
 */
export function fieldsOf<T extends z.ZodObject>(request: Request, schema: T): z.output<T> {
  const given = Object.keys(schema.shape).map((name) => [name, fieldOf(request, name)]);
  return parseRequest(schema, Object.fromEntries(given), 'request') as z.output<T>;
}

/**
 * Options for naming faces, and the live session of a frame; undefined for a single photo.
 * @throws RostroError `bad_request`, `bad_details`
 */
export function recognizeOptions(request: Request): {
  readonly session: string | undefined;
  readonly search: SearchOptions;
  readonly options: NamingOptions;
} {
  const { session, tiles, upright, attributes, group, ...rest } = fieldsOf(request, recognizeFields);
  if (session !== undefined && attributes !== undefined) {
    throw new RostroError(
      'bad_request',
      'Frames of a live session have no attributes; leave out "attributes" or "session".',
    );
  }
  const options = { ...rest, group: group === undefined ? undefined : parseGroup(group) };
  return { session, search: { tiles, upright, attributes }, options };
}

/** Values, keys and separators; a request with a photo has about ten. */
const MAX_JSON_VALUES = 1000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const VALUE_MARKS = new Set(Buffer.from('[{,:'));

/** Says nothing of the parameters of its route, whose types come from the path then. */
type BodyParser = (request: IncomingMessage, response: ServerResponse, next: NextFunction) => Promise<void>;

/** While it is parsed, the bytes and the text of a JSON body are in memory. */
export const JSON_COPIES = 2;

/**
 * Parses a JSON body that is large because of one long string. `JSON.parse` takes ten seconds and a gigabyte for 26 MB
 * of brackets, on the main thread, so a body with many values is refused before it is parsed.
 * @param limit bytes
 * @param maxValues values, keys and separators
 */
export function jsonBody(limit: number, maxValues = MAX_JSON_VALUES): BodyParser {
  const parser = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (!request.is('application/json')) return next();
    const bytes = await readBody(request, response, () => ({ limit, copies: JSON_COPIES }));
    request.body = jsonFrom(bytes, request, maxValues);
    next();
  };
  return parser as BodyParser;
}

/** @throws RostroError `bad_request` */
export function jsonFrom(bytes: Buffer, request: Request, maxValues = MAX_JSON_VALUES): object {
  if (!isUtf8(request)) throw new RostroError('bad_request', 'The JSON body is not UTF-8.');
  if (hasManyValues(bytes, maxValues)) {
    throw new RostroError('bad_request', `The JSON body has more than ${maxValues} values.`);
  }
  return bytes.length === 0 ? {} : parseJson(bytes);
}

function isUtf8(request: Request): boolean {
  const charset = /;\s*charset="?([^\s;"]*)/i.exec(request.get('content-type') ?? '');
  return charset === null || charset[1].toLowerCase() === 'utf-8';
}

/** @throws RostroError `bad_request`, also for a single number or text */
function parseJson(bytes: Buffer): object {
  try {
    const value = parseJsonBytes(bytes);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Refused below: the message of the error contains parts of the body.
  }
  throw new RostroError('bad_request', 'The request body is not valid JSON.');
}

function hasManyValues(bytes: Buffer, maxValues: number): boolean {
  let marks = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) i = endOfString(bytes, i);
    else if (VALUE_MARKS.has(bytes[i]) && ++marks > maxValues) return true;
  }
  return false;
}

/** @returns the position of the closing quote of the string at `start`; the length of the body if there is none */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (bytes[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return bytes.length;
}
