import { z } from 'zod';
import { bytes } from '../../../http/openapi/operation.js';
import { MAX_PREDICTIONS } from './parameters.js';

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
