import { z } from 'zod';
import { bytes } from '../../../http/openapi/operation.js';
import { confidence } from '../../../http/schemas.js';
import { COMPREFACE_CODES } from './errors.js';
import { MAX_PREDICTIONS } from './parameters.js';

/** The shapes of what CompreFace's routes answer. */

const pixel = z.int().min(0);
const imageId = z.uuid().describe('Of an example; the same when its subject is renamed.');
const subject = z.string();
const distance = z.number().min(0).describe('Plain Euclidean distance; CompreFace does not tell it.');
const threshold = z.number().describe("At or under this distance a name is given. Rostro's own field.");
const similarity = z
  .number()
  .min(0)
  .max(1)
  .describe('By the formula of CompreFace, stretched so that 0.5 is the threshold.');
const likeness = { similarity, distance };
const degrees = z.number().min(-180).max(180);

/** The body of every failed request. */
export const compreFaceFailure = z
  .strictObject({
    message: z.string().describe('A sentence for people.'),
    code: z.literal(Object.values(COMPREFACE_CODES)).describe('Of CompreFace; 0 where it has none for this.'),
  })
  .meta({ id: 'CompreFaceFailure' });

const face = {
  box: z
    .strictObject({ probability: confidence, x_min: pixel, y_min: pixel, x_max: pixel, y_max: pixel })
    .describe('Whole pixels, cut to the photo.'),
  landmarks: z
    .array(z.tuple([z.int(), z.int()]))
    .length(5)
    .optional()
    .describe('With the plugin "landmarks", where the detector tells them.'),
  pose: z.strictObject({ yaw: degrees, pitch: degrees, roll: degrees }).optional().describe('With the plugin "pose".'),
  embedding: z.array(z.number()).optional().describe('With the plugin "calculator".'),
  execution_time: z
    .strictObject({ detector: z.number(), calculator: z.number().optional() })
    .optional()
    .describe('With status=true: milliseconds, those of the photo to find its faces, the mean to embed one.'),
};
const versions = {
  plugins_versions: z.strictObject({ detector: z.string(), calculator: z.string() }).optional(),
};
const similarSubjects = z.array(z.strictObject({ subject, ...likeness })).describe('The most similar first.');

export const subjectReply = z.strictObject({ subject });
export const subjectList = z.strictObject({ subjects: z.array(subject) });
export const updated = z.strictObject({ updated: z.boolean() });
export const deletedCount = z.strictObject({ deleted: z.int() });
export const namedImage = z.strictObject({ image_id: imageId, subject });
export const namedImages = z.array(namedImage);
export const imagePage = z.strictObject({
  faces: namedImages,
  page_number: z.int(),
  page_size: z.int(),
  total_pages: z.int(),
  total_elements: z.int(),
});

export const detectedFaces = z.strictObject({ result: z.array(z.strictObject(face)), ...versions });
export const recognizedFaces = z.strictObject({
  result: z.array(
    z.strictObject({
      ...face,
      subjects: similarSubjects,
      name: z
        .string()
        .nullable()
        .describe("Whom Rostro names; null for nobody within the threshold. Rostro's own field."),
      threshold,
    }),
  ),
  ...versions,
});
export const verifiedFaces = z.strictObject({
  result: z.array(z.strictObject({ ...face, subject, ...likeness, threshold })),
  ...versions,
});
export const comparedPhotos = z.strictObject({
  result: z
    .array(
      z.strictObject({
        source_image_face: z.strictObject(face),
        face_matches: z.array(z.strictObject({ ...face, ...likeness, threshold })),
        ...versions,
      }),
    )
    .length(1),
});

const embedding = z.array(z.number());
export const recognizedEmbeddings = z.strictObject({
  result: z.array(z.strictObject({ embedding, similarities: similarSubjects })),
});
export const comparedEmbeddings = z.strictObject({
  result: z.array(z.strictObject({ embedding, ...likeness })).describe('The most similar first.'),
});

/** The shapes of what CompreFace's clients send, for the document. `parameters.ts` reads them as CompreFace does. */

export const imagePath = z.object({ image: z.uuid().describe('The image_id.') });
export const subjectPath = z.object({ subject: z.string() });
export const staticPath = z.object({ apiKey: z.string(), ...imagePath.shape });

const detProbThreshold = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe('Faces that the detector is less sure of do not count.');
const predictions = z
  .int()
  .min(1)
  .default(1)
  .describe(`So many subjects of each face; of more than ${MAX_PREDICTIONS} those ${MAX_PREDICTIONS}.`);

export const faceQuery = z.object({
  limit: z.int().min(0).default(0).describe('So many faces, the largest; 0 is all.'),
  det_prob_threshold: detProbThreshold,
  face_plugins: z
    .string()
    .optional()
    .describe('Of landmarks, calculator and pose, with commas; other names are passed over.'),
  status: z.boolean().default(false).describe('Whether versions and times are told.'),
});
export const recognizeQuery = z.object({ ...faceQuery.shape, prediction_count: predictions });
export const predictionQuery = z.object({ prediction_count: predictions });
export const pageQuery = z.object({
  page: z.int().min(0).default(0),
  size: z.int().min(1).max(2000).default(20),
  subject: z.string().optional(),
});
export const addQuery = z.object({ subject: z.string(), det_prob_threshold: detProbThreshold });
export const deleteQuery = z.object({ subject: z.string().optional() });

const base64 = z.string().describe('Base64.');
export const photoBody = {
  'multipart/form-data': z.object({ file: bytes }),
  'application/json': z.object({ file: base64 }),
};
export const photosBody = {
  'multipart/form-data': z.object({ source_image: bytes, target_image: bytes }),
  'application/json': z.object({ source_image: base64, target_image: base64 }),
};
export const subjectBody = { 'application/json': z.object({ subject: z.string() }) };
export const idsBody = { 'application/json': z.array(z.uuid()) };
