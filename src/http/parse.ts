import type { Request } from 'express';
import type { z } from 'zod';
import { RostroError } from '../errors.js';
import type { Wishes } from '../service/name-faces.js';
import { parseGroup, parsePersonDetails } from '../service/person-details.js';
import type { PersonDetails } from '../store/gallery.js';
import { fieldOf, rawField } from './photos.js';
import { faceParameter, flagParameter, sessionParameter, thresholdParameter } from './schemas.js';

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

/** Which of several faces a request means; undefined where it says nothing. */
export function faceOf(request: Request): number | undefined {
  const text = fieldOf(request, 'face');
  return text === undefined ? undefined : parseRequest(faceParameter, text, 'face');
}

/** The threshold that a request asks for; undefined leaves the server's. */
export function thresholdOf(request: Request): number | undefined {
  const text = fieldOf(request, 'threshold');
  return text === undefined ? undefined : parseRequest(thresholdParameter, text, 'threshold');
}

/** What a request asks of the names that are given. @throws RostroError `bad_request`, `bad_details` */
export function wishesOf(request: Request): Wishes {
  const duplicates = flagOf(request, 'duplicates');
  return { threshold: thresholdOf(request), duplicates, group: groupOf(request), details: flagOf(request, 'details') };
}

function groupOf(request: Request): string | undefined {
  const text = fieldOf(request, 'group');
  return text === undefined ? undefined : parseGroup(text);
}

function flagOf(request: Request, name: string): boolean | undefined {
  const text = fieldOf(request, name);
  return text === undefined ? undefined : parseRequest(flagParameter, text, name) === 'true';
}

/** Which camera a frame is of; undefined for a picture that stands alone. */
export function sessionOf(request: Request): string | undefined {
  const text = fieldOf(request, 'session');
  return text === undefined ? undefined : parseRequest(sessionParameter, text, 'session');
}
