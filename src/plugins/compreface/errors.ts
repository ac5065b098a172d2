import type { Request, Response } from 'express';
import { z } from 'zod';
import { keyIdOf } from '../../access/key.js';
import { credentialsOf } from '../../http/caller.js';
import { setRetryAfter } from '../../http/error-handler.js';
import { HTTP_STATUS } from '../../http/error-status.js';
import { type ErrorCode, RostroError } from '../../shared/errors.js';

/** CompreFace's error numbers. Source: its `CommonExceptionCode.java`. */
export const COMPREFACE_CODES = {
  /** All other errors. */
  undefined: 0,
  emptyRequiredField: 5,
  keyNotFound: 10,
  missingHeader: 20,
  fileType: 21,
  validation: 26,
  noFace: 28,
  severalFaces: 31,
  missingParameter: 33,
  missingPart: 34,
  argument: 36,
  embeddingCount: 37,
  facesService: 41,
  subjectNotFound: 42,
  subjectExists: 43,
  embeddingNotFound: 44,
} as const;

/** The body of every failed request. */
export const compreFaceFailure = z
  .strictObject({
    message: z.string().describe('A sentence for people.'),
    code: z.literal(Object.values(COMPREFACE_CODES)).describe('Of CompreFace; 0 where it has none for this.'),
  })
  .meta({ id: 'CompreFaceFailure' });

export type CompreFaceCode = (typeof COMPREFACE_CODES)[keyof typeof COMPREFACE_CODES];

/** Error codes of Rostro that have a number in CompreFace. The others keep their status and have the number 0. */
export const ANSWERS: Partial<Record<ErrorCode, readonly [status: number, code: CompreFaceCode]>> = {
  bad_request: [400, COMPREFACE_CODES.argument],
  no_file: [400, COMPREFACE_CODES.missingPart],
  not_an_image: [400, COMPREFACE_CODES.fileType],
  unsupported_image: [400, COMPREFACE_CODES.fileType],
  damaged_image: [400, COMPREFACE_CODES.fileType],
  no_face: [400, COMPREFACE_CODES.noFace],
  face_too_small: [400, COMPREFACE_CODES.noFace],
  not_live: [400, COMPREFACE_CODES.noFace],
  several_faces: [400, COMPREFACE_CODES.severalFaces],
  bad_name: [400, COMPREFACE_CODES.validation],
  bad_details: [400, COMPREFACE_CODES.validation],
  consent_required: [400, COMPREFACE_CODES.validation],
  person_not_found: [404, COMPREFACE_CODES.subjectNotFound],
  person_exists: [400, COMPREFACE_CODES.subjectExists],
  example_not_found: [404, COMPREFACE_CODES.embeddingNotFound],
  not_ready: [503, COMPREFACE_CODES.facesService],
  busy: [503, COMPREFACE_CODES.facesService],
  worker_restarted: [503, COMPREFACE_CODES.facesService],
  deadline_exceeded: [503, COMPREFACE_CODES.facesService],
};

/** An error for which Rostro has no code but CompreFace has a number. */
export class CompreFaceError extends RostroError {
  constructor(
    readonly number: CompreFaceCode,
    message: string,
    readonly status = 400,
  ) {
    super('bad_request', message);
  }
}

interface Answer {
  readonly status: number;
  readonly code: CompreFaceCode;
  readonly message: string;
}

const KEY_IN_PATH = /\/api\/v1\/static\/([^/?]+)\//i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `{message, code}` with CompreFace's numbers. */
export function sendCompreFaceError(response: Response, error: RostroError): void {
  const { status, code, message } = answerTo(error, response.req);
  setRetryAfter(response, status, error);
  response.status(status).json({ message, code });
}

function answerTo(error: RostroError, request: Request): Answer {
  const { message } = error;
  if (error instanceof CompreFaceError) return { status: error.status, code: error.number, message };
  if (error.code === 'unauthorised') return refusedKey(request);
  const [status, code] = ANSWERS[error.code] ?? [HTTP_STATUS[error.code], COMPREFACE_CODES.undefined];
  return {
    status,
    code,
    message: error.code === 'several_faces' ? 'Found more than one face in the given image' : message,
  };
}

/** The message does not contain the key. */
function refusedKey({ headers, secure, originalUrl }: Request): Answer {
  const given = KEY_IN_PATH.exec(originalUrl)?.[1] ?? credentialsOf(headers, secure, '').key;
  if (given === undefined)
    return { status: 400, code: COMPREFACE_CODES.missingHeader, message: 'Missing header: x-api-key' };
  if (keyIdOf(given) === null && !UUID.test(given)) {
    return {
      status: 400,
      code: COMPREFACE_CODES.validation,
      message: 'Service API key should be one of this server (rostro_…)',
    };
  }
  return { status: 404, code: COMPREFACE_CODES.keyNotFound, message: 'Service with this API Key not found' };
}
