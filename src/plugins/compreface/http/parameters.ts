import type { Request } from 'express';
import type { FaceChoice } from '../face-looks.js';
import type { PageQuery } from '../face-collection.js';
import { parseImageId } from '../image-index.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';

/** What a client wants to hear of each face. Unknown names and those of plugins that are not here are passed over, as there. */
export interface FaceWishes {
  readonly choice: FaceChoice;
  readonly plugins: ReadonlySet<string>;
  /** Whether versions and times are told. */
  readonly status: boolean;
}

const PARAMETERS = [
  'limit',
  'prediction_count',
  'det_prob_threshold',
  'face_plugins',
  'status',
  'detect_faces',
  'subject',
  'page',
  'size',
] as const;
type Parameter = (typeof PARAMETERS)[number];

/** The JavaScript client joins its parameters with a second `?` where it sends no limit. */
const SECOND_MARK = new RegExp(`\\?(?=(?:${PARAMETERS.join('|')})=)`, 'g');

export const MAX_PREDICTIONS = 10;
const DEFAULT_SIZE = 20;
/** As Spring bounds a page. */
const MAX_SIZE = 2000;
const TRUE = new Set(['true', 'on', 'yes', '1']);
const FALSE = new Set(['', 'false', 'off', 'no', '0']);

/** The first value of a parameter; undefined where there is none. */
export function parameterOf({ originalUrl }: Request, name: Parameter): string | undefined {
  const start = originalUrl.indexOf('?');
  const query = start < 0 ? '' : originalUrl.slice(start + 1).replace(SECOND_MARK, '&');
  return new URLSearchParams(query).get(name) ?? undefined;
}

/** @throws CompreFaceError */
export function faceWishesOf(request: Request): FaceWishes {
  const limit = wholeNumber(request, 'limit', {
    least: 0,
    otherwise: 0,
    message: 'Limit should be equal or greater than 0',
  });
  const plugins = (parameterOf(request, 'face_plugins') ?? '').split(',').map((name) => name.trim());
  return {
    choice: { limit, minConfidence: minConfidenceOf(request) },
    plugins: new Set(plugins),
    status: statusOf(request),
  };
}

/** Of `det_prob_threshold`; null where it is not given. @throws CompreFaceError */
export function minConfidenceOf(request: Request): number | null {
  const text = parameterOf(request, 'det_prob_threshold') ?? '';
  if (text === '') return null;
  const value = Number(text);
  if (Number.isNaN(value)) throw notUsable('det_prob_threshold', text);
  if (value >= 0 && value <= 1) return value;
  throw new CompreFaceError(CODES.validation, 'det_prob_threshold should be between 0.0 and 1.0');
}

/** How many subjects are told of each face; no more than a few, so that nobody reads the whole gallery off one. @throws CompreFaceError */
export function predictionsOf(request: Request): number {
  const message = 'prediction_count should be equal or greater than 1';
  return Math.min(wholeNumber(request, 'prediction_count', { least: 1, otherwise: 1, message }), MAX_PREDICTIONS);
}

/** As Spring reads a page: what is no number counts as not given, and what is too large is cut. */
export function pageOf(request: Request): PageQuery {
  const size = Math.min(springNumber(request, 'size') || DEFAULT_SIZE, MAX_SIZE);
  const subject = parameterOf(request, 'subject');
  return { page: springNumber(request, 'page'), size, subject: subject === '' ? undefined : subject };
}

/** @throws CompreFaceError where it is blank; undefined where it is missing */
export function subjectOf(request: Request): string | undefined {
  const subject = parameterOf(request, 'subject');
  return subject === undefined ? undefined : notBlank(subject);
}

/** @throws CompreFaceError */
export function requiredSubjectOf(request: Request): string {
  const subject = subjectOf(request);
  if (subject !== undefined) return subject;
  throw new CompreFaceError(CODES.missingParameter, "Required request parameter 'subject' is not present");
}

/** @throws CompreFaceError */
export function notBlank(subject: string): string {
  if (subject.trim() !== '') return subject;
  throw new CompreFaceError(CODES.validation, 'Subject name is empty');
}

/** @throws CompreFaceError where the path has no UUID */
export function imageOf(request: Request): string {
  return imageIdFrom(request.params.image);
}

/** @throws CompreFaceError */
export function imageIdFrom(text: unknown): string {
  const id = typeof text === 'string' ? parseImageId(text) : null;
  if (id !== null) return id;
  throw new CompreFaceError(CODES.argument, 'An image id should be a UUID');
}

function statusOf(request: Request): boolean {
  const text = parameterOf(request, 'status') ?? '';
  if (TRUE.has(text.toLowerCase())) return true;
  if (FALSE.has(text.toLowerCase())) return false;
  throw notUsable('status', text);
}

function wholeNumber(
  request: Request,
  name: Parameter,
  { least, otherwise, message }: { readonly least: number; readonly otherwise: number; readonly message: string },
): number {
  const text = parameterOf(request, name) ?? '';
  if (text === '') return otherwise;
  if (!/^[+-]?\d{1,9}$/.test(text)) throw notUsable(name, text);
  const value = Number(text);
  if (value < least) throw new CompreFaceError(CODES.validation, `${message}; `);
  return value;
}

/** @returns 0 for what is no number, or below */
function springNumber(request: Request, name: Parameter): number {
  const text = parameterOf(request, name) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function notUsable(name: Parameter, text: string): CompreFaceError {
  return new CompreFaceError(CODES.argument, `The value "${text}" of the parameter '${name}' is not usable`);
}
