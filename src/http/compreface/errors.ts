import type { Request, Response } from 'express';
import { keyIdOf } from '../../access/key.js';
import { RostroError, type ErrorCode } from '../../errors.js';
import { credentialsOf } from '../credentials.js';
import { setRetryAfter } from '../error-handler.js';
import { HTTP_STATUS } from '../status.js';

/** CompreFace's own numbers. Source: its `CommonExceptionCode.java`. */
export const COMPREFACE_CODES = {
  /** Whatever has no other. */
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

const CODES = COMPREFACE_CODES;

/** A request that CompreFace refuses under a number of its own. */
export class CompreFaceError extends RostroError {
  constructor(
    readonly number: number,
    message: string,
    readonly status = 400,
  ) {
    super('bad_request', message);
  }
}

interface Answer {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** Which of our failures has a number of its own there; the rest keeps its status and has none. */
const ANSWERS: Partial<Record<ErrorCode, readonly [status: number, code: number]>> = {
  bad_request: [400, CODES.argument],
  no_file: [400, CODES.missingPart],
  not_an_image: [400, CODES.fileType],
  unsupported_image: [400, CODES.fileType],
  damaged_image: [400, CODES.fileType],
  no_face: [400, CODES.noFace],
  face_too_small: [400, CODES.noFace],
  several_faces: [400, CODES.severalFaces],
  bad_name: [400, CODES.validation],
  bad_details: [400, CODES.validation],
  person_not_found: [404, CODES.subjectNotFound],
  person_exists: [400, CODES.subjectExists],
  example_not_found: [404, CODES.embeddingNotFound],
  not_ready: [503, CODES.facesService],
  busy: [503, CODES.facesService],
  worker_restarted: [503, CODES.facesService],
  deadline_exceeded: [503, CODES.facesService],
};

const KEY_IN_PATH = /^\/api\/v1\/static\/([^/?]+)\//i;
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
  const [status, code] = ANSWERS[error.code] ?? [HTTP_STATUS[error.code], CODES.undefined];
  return {
    status,
    code,
    message: error.code === 'several_faces' ? 'Found more than one face in the given image' : message,
  };
}

/** It does not repeat the key. */
function refusedKey({ headers, secure, originalUrl }: Request): Answer {
  const given = KEY_IN_PATH.exec(originalUrl)?.[1] ?? credentialsOf(headers, secure).key;
  if (given === undefined) return { status: 400, code: CODES.missingHeader, message: 'Missing header: x-api-key' };
  if (keyIdOf(given) === null && !UUID.test(given)) {
    return { status: 400, code: CODES.validation, message: 'Service API key should be one of this server (rostro_…)' };
  }
  return { status: 404, code: CODES.keyNotFound, message: 'Service with this API Key not found' };
}
