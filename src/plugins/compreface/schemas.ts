import { z } from 'zod';
import { GENDERS } from '../../faces/attributes/attributes.js';
import { bytes } from '../../http/openapi/operation.js';
import { confidence } from '../../http/schemas.js';
import { MAX_PREDICTIONS } from './request.js';

/** Replies. */

const pixel = z.int().min(0);
const imageId = z.uuid().describe('Of an example; the same when its subject is renamed.');
const subject = z.string();
const distance = z.number().min(0).describe("Plain Euclidean distance. Rostro's own field.");
const threshold = z.number().describe("At or below this distance a person is named. Rostro's own field.");
const similarity = z
  .number()
  .min(0)
  .max(1)
  .describe('By the formula of CompreFace, scaled so that 0.5 is the threshold.');
const falseMatchRate = z
  .number()
  .min(0)
  .max(1)
  .nullable()
  .describe("The share of strangers who would come this near; null where it is not known. Rostro's own field.");
const likeness = { similarity, distance, false_match_rate: falseMatchRate };
const degrees = z.number().min(-180).max(180);

const face = {
  box: z
    .strictObject({ probability: confidence, x_min: pixel, y_min: pixel, x_max: pixel, y_max: pixel })
    .describe('Whole pixels, cut to the photo.'),
  landmarks: z
    .array(z.tuple([z.int(), z.int()]))
    .length(5)
    .optional()
    .describe('With the plugin "landmarks", if the detector finds them.'),
  pose: z.strictObject({ yaw: degrees, pitch: degrees, roll: degrees }).optional().describe('With the plugin "pose".'),
  age: z
    .strictObject({
      probability: z.null().describe('The network gives none.'),
      high: z.int().min(0),
      low: z.int().min(0),
    })
    .optional()
    .describe('With the plugin "age": the guess plus and minus the mean error of the network, years.'),
  gender: z
    .strictObject({ probability: confidence, value: z.enum(GENDERS) })
    .optional()
    .describe('With the plugin "gender".'),
  embedding: z.array(z.number()).optional().describe('With the plugin "calculator".'),
  execution_time: z
    .strictObject({
      detector: z.number(),
      calculator: z.number().optional(),
      age: z.number().optional(),
      gender: z.number().optional(),
    })
    .optional()
    .describe(
      'With status=true: milliseconds to find the faces of the photo, and the mean for one face. One network guesses age and gender: both have its time.',
    ),
};
const versions = {
  plugins_versions: z
    .strictObject({
      detector: z.string(),
      calculator: z.string(),
      age: z.string().optional(),
      gender: z.string().optional(),
    })
    .optional(),
};
const similarSubjects = z
  .array(z.strictObject({ subject, ...likeness }))
  .describe('The most similar first. For a key of "recognise" only those within the threshold.');

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
        .describe("The name that Rostro gives; null if no person is within the threshold. Rostro's own field."),
      threshold,
    }),
  ),
  ...versions,
});
export const verifiedFaces = z.strictObject({
  result: z.array(
    z.strictObject({
      ...face,
      ...likeness,
      subject: subject.nullable().describe('Null, like the distance, for another face and a key of "recognise".'),
      distance: distance.nullable(),
      threshold,
    }),
  ),
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

/** Requests. `request.ts` reads paths and parameters, in CompreFace's way; these schemas describe them in the OpenAPI document. */

export const imagePath = z.object({ image: z.uuid().describe('The image_id.') });
export const subjectPath = z.object({ subject: z.string() });
export const staticPath = z.object({ apiKey: z.string(), ...imagePath.shape });

const detProbThreshold = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe('Least confidence of the detector; other faces are ignored.');
const predictions = z.int().min(1).default(1).describe(`Number of subjects for each face, at most ${MAX_PREDICTIONS}.`);

export const faceQuery = z.object({
  limit: z.int().min(0).default(0).describe('Number of faces, the largest first; 0 for all.'),
  det_prob_threshold: detProbThreshold,
  face_plugins: z
    .string()
    .optional()
    .describe(
      'landmarks, calculator, pose, age and gender, separated by commas. mask and landmarks2d106 are refused with code 36; other names are ignored.',
    ),
  status: z.boolean().default(false).describe('Whether the reply has versions and times.'),
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

/** Larger values are infinite in float32: (2 - 2^-23) * 2^127 (IEEE 754, binary32). */
const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;
const sentEmbedding = z.array(z.number().min(-MAX_FLOAT32).max(MAX_FLOAT32));
export const searchedBody = z.object({ embeddings: z.array(sentEmbedding) });
export const comparedBody = z.object({ source: sentEmbedding, targets: z.array(sentEmbedding) });
