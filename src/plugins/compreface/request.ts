import type { AttributeName } from '../../faces/attributes/attributes.js';
import { type Request, type RequestHandler, Router } from 'express';
import { parseQuery } from '../../http/form-text.js';
import { fromBase64, MOST_JSON_PHOTOS, photoBody, type RequestLimits } from '../../http/photos.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';
import type { FaceFilter } from './face-analysis.js';
import { type PageQuery, parseImageId } from './face-collection.js';

/** What a reply contains. Names of unknown plugins are ignored, as in CompreFace. */
export interface FaceOptions {
  readonly filter: FaceFilter;
  readonly plugins: ReadonlySet<string>;
  /** Whether the reply has versions and times. */
  readonly status: boolean;
}

/** Plugins whose answers the pipeline computes, or refuses with `ATTRIBUTES=off`. */
const ATTRIBUTE_PLUGINS = ['age', 'gender', 'pose'] as const satisfies readonly AttributeName[];
/** Plugins of CompreFace for which Rostro has no network. Source: its docs/Face-services-and-plugins.md. */
const MISSING_PLUGINS = ['mask', 'landmarks2d106'];

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

/** CompreFace's JavaScript client uses a second `?` instead of `&` if it sends no limit. */
const SECOND_MARK = new RegExp(`\\?(?=(?:${PARAMETERS.join('|')})=)`, 'g');

export const MAX_PREDICTIONS = 10;
const DEFAULT_SIZE = 20;
/** Spring's limit for a page. */
const MAX_SIZE = 2000;
const TRUE = new Set(['true', 'on', 'yes', '1']);
const FALSE = new Set(['', 'false', 'off', 'no', '0']);

/** The first value of a parameter; undefined if it is missing. */
export function parameterOf({ originalUrl }: Request, name: Parameter): string | undefined {
  const start = originalUrl.indexOf('?');
  const query = start < 0 ? '' : originalUrl.slice(start + 1).replace(SECOND_MARK, '&');
  return [parseQuery(query)[name]].flat()[0];
}

/** @throws CompreFaceError */
export function faceOptionsOf(request: Request): FaceOptions {
  const limit = wholeNumber(request, 'limit', {
    least: 0,
    otherwise: 0,
    message: 'Limit should be equal or greater than 0',
  });
  const plugins = new Set((parameterOf(request, 'face_plugins') ?? '').split(',').map((name) => name.trim()));
  const missing = MISSING_PLUGINS.find((name) => plugins.has(name));
  if (missing !== undefined) {
    const message = `The plugin '${missing}' of face_plugins is not available; age, gender, pose, landmarks and calculator are`;
    throw new CompreFaceError(CODES.argument, message);
  }
  return {
    filter: {
      limit,
      minConfidence: minConfidenceOf(request),
      attributes: ATTRIBUTE_PLUGINS.filter((name) => plugins.has(name)),
    },
    plugins,
    status: statusOf(request),
  };
}

/** `det_prob_threshold`; null if it is missing. @throws CompreFaceError */
export function minConfidenceOf(request: Request): number | null {
  const text = parameterOf(request, 'det_prob_threshold') ?? '';
  if (text === '') return null;
  const value = Number(text);
  if (Number.isNaN(value)) throw notUsable('det_prob_threshold', text);
  if (value >= 0 && value <= 1) return value;
  throw new CompreFaceError(CODES.validation, 'det_prob_threshold should be between 0.0 and 1.0');
}

/** Number of subjects for each face. Limited, so that one photo does not list the whole gallery. @throws CompreFaceError */
export function predictionsOf(request: Request): number {
  const message = 'prediction_count should be equal or greater than 1';
  return Math.min(wholeNumber(request, 'prediction_count', { least: 1, otherwise: 1, message }), MAX_PREDICTIONS);
}

/** Like Spring: a value that is not a number counts as missing, and a value that is too large is reduced to the limit. */
export function pageOf(request: Request): PageQuery {
  const size = Math.min(springNumber(request, 'size') || DEFAULT_SIZE, MAX_SIZE);
  const subject = parameterOf(request, 'subject');
  return { page: springNumber(request, 'page'), size, subject: subject === '' ? undefined : subject };
}

/** @returns undefined if it is missing. @throws CompreFaceError if it is blank */
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

/** @throws CompreFaceError if the path has no UUID */
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

/** @returns 0 for a value that is not a number or is negative */
function springNumber(request: Request, name: Parameter): number {
  const text = parameterOf(request, name) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function notUsable(name: Parameter, text: string): CompreFaceError {
  return new CompreFaceError(CODES.argument, `The value "${text}" of the parameter '${name}' is not usable`);
}

/** Reads the photos of a request: parts of a multipart body, or base64 in JSON properties with the same names. */
export function photoParts(limits: RequestLimits): RequestHandler {
  return Router().use(multipartOrJson, photoBody(limits, MOST_JSON_PHOTOS));
}

/** @throws CompreFaceError 415 */
export const jsonOnly: RequestHandler = (request, _response, next) => {
  next(request.is('application/json') ? undefined : unsupported(request));
};

const multipartOrJson: RequestHandler = (request, _response, next) => {
  next(request.is(['multipart/form-data', 'application/json']) ? undefined : unsupported(request));
};

/** @throws CompreFaceError if the part is missing or is not base64 */
export function photoOf(request: Request, name: string): Uint8Array {
  if (!request.is('application/json')) return filePart(request, name);
  const text = (request.body as Record<string, unknown> | null | undefined)?.[name];
  if (text === undefined || text === null) {
    throw new CompreFaceError(CODES.emptyRequiredField, `Field ${name} cannot be empty`);
  }
  const bytes = typeof text === 'string' ? fromBase64(text) : null;
  if (bytes === null) throw new CompreFaceError(CODES.fileType, 'Provided value is not Base64');
  return bytes;
}

function filePart({ files }: Request, name: string): Uint8Array {
  const file = Array.isArray(files) ? files.find(({ fieldname }) => fieldname === name) : undefined;
  if (file) return file.buffer;
  throw new CompreFaceError(CODES.missingPart, `Required request part '${name}' is not present`);
}

/** Spring's answer, which has no error number. */
function unsupported(request: Request): CompreFaceError {
  const type = request.get('content-type')?.split(';')[0] ?? '';
  return new CompreFaceError(CODES.undefined, `Content type '${type}' not supported`, 415);
}
