import type { ErrorCode } from '../../../shared/errors.js';

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

export type CompreFaceCode = (typeof COMPREFACE_CODES)[keyof typeof COMPREFACE_CODES];

const CODES = COMPREFACE_CODES;

/** Which of our failures has a number of its own there; the rest keeps its status and has none. */
export const ANSWERS: Partial<Record<ErrorCode, readonly [status: number, code: CompreFaceCode]>> = {
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
