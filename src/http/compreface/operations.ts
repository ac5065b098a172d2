import type { Operation } from '../openapi.js';
import * as schemas from './schemas.js';

const binary = { type: 'string', format: 'binary' };
const base64 = { type: 'string', description: 'Base64.' };
const text = { type: 'string' };
const subject = { type: 'object', required: ['subject'], properties: { subject: text } };
const vector = { type: 'array', items: { type: 'number' } };
const vectors = { type: 'array', items: vector, minItems: 1, maxItems: 100 };

const photos = (...names: readonly string[]) => ({
  'multipart/form-data': bodyOf(names, binary),
  'application/json': bodyOf(names, base64),
});
const json = (schema: object) => ({ 'application/json': { schema } });

const detProbThreshold = {
  det_prob_threshold: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description: 'Faces that the detector is less sure of do not count.',
  },
};
const faceQuery = {
  limit: { type: 'integer', minimum: 0, default: 0, description: 'So many faces, the largest; 0 is all.' },
  ...detProbThreshold,
  face_plugins: { ...text, description: 'Of landmarks, calculator and pose, with commas; others are passed over.' },
  status: { type: 'boolean', default: false, description: 'Whether versions and times are told.' },
};
const predictionQuery = {
  prediction_count: { type: 'integer', minimum: 1, default: 1, description: 'So many subjects of each face.' },
};

/** What a refused request gets: whether its key, what it asks for, or the server is the reason. */
const FAILURES: Operation['failures'] = {
  statuses: {
    400: 'The key is missing (20) or malformed (26), or the request is not usable; the code says why',
    403: 'The key may not do this, or another site made a browser send it',
    404: 'The key is unknown (10), or what is asked for (42 subject, 44 image)',
    413: 'Too large',
    415: 'Neither multipart nor JSON',
    421: 'A server without keys was called by another name than its own',
    429: 'Too many requests, or wrong keys; Retry-After says when to come back',
    500: 'Something went wrong on the server',
    501: 'The database holds the embeddings',
    503: 'The server is not ready or busy (41); Retry-After says when to come back',
    507: 'The change could not be stored',
  },
  schema: schemas.compreFaceFailure,
};

/** What `openapi.ts` says of CompreFace's routes. */
const operations: Readonly<Record<string, Omit<Operation, 'failures'>>> = {
  'get /api/v1/recognition/subjects': { summary: 'Names of the subjects.', reply: { schema: schemas.subjectList } },
  'post /api/v1/recognition/subjects': {
    summary: 'Make a subject without examples.',
    body: json(subject),
    reply: { status: 201, schema: schemas.subjectReply },
  },
  'delete /api/v1/recognition/subjects': {
    summary: 'Erase all subjects with their examples.',
    reply: { schema: schemas.deletedCount },
  },
  'put /api/v1/recognition/subjects/{subject}': {
    summary: 'Rename a subject; who has the name already gets the examples.',
    body: json(subject),
    reply: { schema: schemas.updated },
  },
  'delete /api/v1/recognition/subjects/{subject}': {
    summary: 'Erase a subject with their examples.',
    reply: { schema: schemas.subjectReply },
  },
  'get /api/v1/recognition/faces': {
    summary: 'Examples, in pages.',
    query: {
      page: { type: 'integer', minimum: 0, default: 0 },
      size: { type: 'integer', minimum: 1, maximum: 2000, default: 20 },
      subject: text,
    },
    reply: { schema: schemas.imagePage },
  },
  'post /api/v1/recognition/faces': {
    summary: 'Add an example of a subject, who is made where there is none.',
    query: { subject: text, ...detProbThreshold },
    body: photos('file'),
    reply: { status: 201, schema: schemas.namedImage },
  },
  'delete /api/v1/recognition/faces': {
    summary: 'Erase a subject and all their examples; without a name all subjects.',
    query: { subject: text },
    reply: { schema: schemas.deletedCount },
  },
  'post /api/v1/recognition/faces/delete': {
    summary: 'Erase some examples; those that are not there are passed over.',
    body: json({ type: 'array', items: { type: 'string', format: 'uuid' } }),
    reply: { schema: schemas.namedImages },
  },
  'delete /api/v1/recognition/faces/{image}': {
    summary: 'Erase one example; its subject stays.',
    reply: { schema: schemas.namedImage },
  },
  'get /api/v1/recognition/faces/{image}/img': {
    summary: 'The crop that was kept of an example; empty where there is none.',
    reply: 'jpeg',
  },
  'get /api/v1/static/{apiKey}/images/{image}': {
    summary: 'The same, with the key in the address.',
    reply: 'jpeg',
  },
  'post /api/v1/recognition/faces/{image}/verify': {
    summary: 'Compare the faces of a photo with an example.',
    query: faceQuery,
    body: photos('file'),
    reply: { schema: schemas.verifiedFaces },
  },
  'post /api/v1/recognition/recognize': {
    summary: 'The most similar subjects of every face in a photo.',
    query: { ...faceQuery, ...predictionQuery },
    body: photos('file'),
    reply: { schema: schemas.recognizedFaces },
  },
  'post /api/v1/recognition/embeddings/recognize': {
    summary: 'The most similar subjects of embeddings.',
    query: predictionQuery,
    body: json({ type: 'object', required: ['embeddings'], properties: { embeddings: vectors } }),
    reply: { schema: schemas.recognizedEmbeddings },
  },
  'post /api/v1/recognition/embeddings/faces/{image}/verify': {
    summary: 'Compare embeddings with an example.',
    body: json({ type: 'object', required: ['embeddings'], properties: { embeddings: vectors } }),
    reply: { schema: schemas.comparedEmbeddings },
  },
  'post /api/v1/detection/detect': {
    summary: 'Find the faces of a photo.',
    query: faceQuery,
    body: photos('file'),
    reply: { schema: schemas.detectedFaces },
  },
  'post /api/v1/verification/verify': {
    summary: 'Compare the only face of a photo with those of another.',
    query: faceQuery,
    body: photos('source_image', 'target_image'),
    reply: { schema: schemas.comparedPhotos },
  },
  'post /api/v1/verification/embeddings/verify': {
    summary: 'Compare an embedding with others.',
    body: json({ type: 'object', required: ['source', 'targets'], properties: { source: vector, targets: vectors } }),
    reply: { schema: schemas.comparedEmbeddings },
  },
};

export const COMPREFACE_OPERATIONS: Readonly<Record<string, Operation>> = Object.fromEntries(
  Object.entries(operations).map(([route, operation]) => [route, { ...operation, failures: FAILURES }]),
);

function bodyOf(names: readonly string[], schema: object) {
  const properties = Object.fromEntries(names.map((name) => [name, schema]));
  return { schema: { type: 'object', required: [...names], properties } };
}
