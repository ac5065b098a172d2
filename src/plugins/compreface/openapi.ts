import type { ErrorCode } from '../../shared/errors.js';
import { CHANGE_ERRORS, PHOTO_ERRORS } from '../../http/openapi/failures.js';
import { type Area, type FailureStyle, file, json } from '../../http/openapi/operation.js';
import { HTTP_STATUS } from '../../http/error-status.js';
import { ANSWERS, compreFaceFailure, COMPREFACE_CODES } from './errors.js';
import * as requests from './schemas.js';
import * as schemas from './schemas.js';

const SEARCH_ERRORS: readonly ErrorCode[] = ['not_ready', 'worker_restarted', 'database_unreachable'];
const ANALYSIS_ERRORS: readonly ErrorCode[] = [...PHOTO_ERRORS, ...SEARCH_ERRORS, 'no_face', 'attributes_off'];
const JSON_ERRORS: readonly ErrorCode[] = ['upload_too_large'];
const SUBJECT_ERRORS: readonly ErrorCode[] = [...CHANGE_ERRORS, 'bad_name', 'person_exists', 'person_not_found'];
const imageReply = { ...file('image/jpeg', 'image/png'), description: 'The kept crop; empty if there is none.' };

/** Error codes that are answered in several ways. */
const SEVERAL: Partial<Record<ErrorCode, Readonly<Record<number, string>>>> = {
  bad_request: { 400: '5, 26, 33, 34, 36, 37', 415: '0 unsupported media type' },
  unauthorised: { 400: '20 missing key, 26 malformed key', 404: '10 unknown key' },
};

/** Statuses, names and body of CompreFace's errors. */
export const COMPREFACE_FAILURES: FailureStyle = {
  statusesOf(code) {
    const several = SEVERAL[code];
    return several ? Object.keys(several).map(Number) : [ANSWERS[code]?.[0] ?? HTTP_STATUS[code]];
  },
  nameOf: (code, status) => SEVERAL[code]?.[status] ?? `${ANSWERS[code]?.[1] ?? COMPREFACE_CODES.undefined} ${code}`,
  bodyOf: () => compreFaceFailure,
};

/** CompreFace's REST API. */
export const COMPREFACE: Area = {
  name: 'CompreFace',
  description:
    'For unchanged clients of CompreFace. A group of people takes the place of an application, a key of that group the place of its API key.',
  failures: COMPREFACE_FAILURES,
  operations: {
    'GET /api/v1/recognition/subjects': {
      id: 'compreFaceListSubjects',
      summary: 'Names of the subjects',
      reply: json(schemas.subjectList),
      errors: ['not_ready', 'database_unreachable'],
    },
    'POST /api/v1/recognition/subjects': {
      id: 'compreFaceAddSubject',
      summary: 'Create a subject without examples',
      body: requests.subjectBody,
      reply: json(schemas.subjectReply, 201),
      errors: [...JSON_ERRORS, ...CHANGE_ERRORS, 'bad_name', 'person_exists'],
    },
    'DELETE /api/v1/recognition/subjects': {
      id: 'compreFaceDeleteSubjects',
      summary: 'Erase all subjects with their examples',
      reply: json(schemas.deletedCount),
      errors: SUBJECT_ERRORS,
    },
    'PUT /api/v1/recognition/subjects/:subject': {
      id: 'compreFaceRenameSubject',
      summary: 'Rename a subject; an existing subject of that name gets the examples',
      path: requests.subjectPath,
      body: requests.subjectBody,
      reply: json(schemas.updated),
      errors: [...JSON_ERRORS, ...SUBJECT_ERRORS, 'bad_details'],
    },
    'DELETE /api/v1/recognition/subjects/:subject': {
      id: 'compreFaceDeleteSubject',
      summary: 'Erase a subject with its examples',
      path: requests.subjectPath,
      reply: json(schemas.subjectReply),
      errors: SUBJECT_ERRORS,
    },
    'GET /api/v1/recognition/faces': {
      id: 'compreFaceListFaces',
      summary: 'Examples, in pages',
      query: requests.pageQuery,
      reply: json(schemas.imagePage),
      errors: ['not_ready', 'database_unreachable'],
    },
    'POST /api/v1/recognition/faces': {
      id: 'compreFaceAddFace',
      summary: 'Add an example to a subject, which is created if it does not exist',
      query: requests.addQuery,
      body: requests.photoBody,
      reply: json(schemas.namedImage, 201),
      errors: [
        ...PHOTO_ERRORS,
        ...CHANGE_ERRORS,
        'no_face',
        'several_faces',
        'face_too_small',
        'bad_name',
        'bad_details',
        'person_exists',
        'consent_required',
      ],
    },
    'DELETE /api/v1/recognition/faces': {
      id: 'compreFaceDeleteFaces',
      summary: 'Erase a subject with all examples; without a name all subjects',
      query: requests.deleteQuery,
      reply: json(schemas.deletedCount),
      errors: SUBJECT_ERRORS,
    },
    'POST /api/v1/recognition/faces/delete': {
      id: 'compreFaceDeleteSomeFaces',
      summary: 'Erase some examples; unknown ids are ignored',
      body: requests.idsBody,
      reply: json(schemas.namedImages),
      errors: [...JSON_ERRORS, ...SUBJECT_ERRORS],
    },
    'DELETE /api/v1/recognition/faces/:image': {
      id: 'compreFaceDeleteFace',
      summary: 'Erase one example; its subject stays',
      path: requests.imagePath,
      reply: json(schemas.namedImage),
      errors: [...SUBJECT_ERRORS, 'example_not_found'],
    },
    'GET /api/v1/recognition/faces/:image/img': {
      id: 'compreFaceGetImage',
      summary: 'The kept crop of an example',
      path: requests.imagePath,
      reply: imageReply,
      errors: ['not_ready', 'database_unreachable'],
    },
    'GET /api/v1/static/:apiKey/images/:image': {
      id: 'compreFaceGetStaticImage',
      summary: 'The same, with the key in the URL',
      path: requests.staticPath,
      reply: imageReply,
      errors: ['not_ready', 'database_unreachable'],
    },
    'POST /api/v1/recognition/faces/:image/verify': {
      id: 'compreFaceVerifyFace',
      summary: 'Compare the faces of a photo with an example',
      path: requests.imagePath,
      query: requests.faceQuery,
      body: requests.photoBody,
      reply: json(schemas.verifiedFaces),
      errors: [...ANALYSIS_ERRORS, 'example_not_found', 'person_not_found'],
    },
    'POST /api/v1/recognition/recognize': {
      id: 'compreFaceRecognize',
      summary: 'The most similar subjects of every face in a photo',
      query: requests.recognizeQuery,
      body: requests.photoBody,
      reply: json(schemas.recognizedFaces),
      errors: ANALYSIS_ERRORS,
    },
    'POST /api/v1/recognition/embeddings/recognize': {
      id: 'compreFaceRecognizeEmbeddings',
      summary: 'The most similar subjects of embeddings',
      query: requests.predictionQuery,
      body: { 'application/json': requests.searchedBody },
      reply: json(schemas.recognizedEmbeddings),
      errors: [...JSON_ERRORS, ...SEARCH_ERRORS],
    },
    'POST /api/v1/recognition/embeddings/faces/:image/verify': {
      id: 'compreFaceVerifyEmbeddingsWithFace',
      summary: 'Compare embeddings with an example',
      path: requests.imagePath,
      body: { 'application/json': requests.searchedBody },
      reply: json(schemas.comparedEmbeddings),
      errors: [...JSON_ERRORS, ...SEARCH_ERRORS, 'example_not_found', 'person_not_found'],
    },
    'POST /api/v1/detection/detect': {
      id: 'compreFaceDetect',
      summary: 'Find the faces of a photo',
      query: requests.faceQuery,
      body: requests.photoBody,
      reply: json(schemas.detectedFaces),
      errors: [...PHOTO_ERRORS, 'no_face', 'attributes_off'],
    },
    'POST /api/v1/verification/verify': {
      id: 'compreFaceVerify',
      summary: 'Compare the only face of a photo with those of another',
      query: requests.faceQuery,
      body: requests.photosBody,
      reply: json(schemas.comparedPhotos),
      errors: [...PHOTO_ERRORS, 'no_face', 'several_faces', 'attributes_off'],
    },
    'POST /api/v1/verification/embeddings/verify': {
      id: 'compreFaceVerifyEmbeddings',
      summary: 'Compare an embedding with others',
      body: { 'application/json': requests.comparedBody },
      reply: json(schemas.comparedEmbeddings),
      errors: [...JSON_ERRORS, 'not_ready'],
    },
  },
};
