import { z } from 'zod';
import { EXPRESSIONS, GENDERS } from '../../faces/attributes/attributes.js';
import { PHOTO_WARNINGS } from '../../faces/image/image.js';
import type { ThumbnailSide } from '../../faces/image/thumbnail.js';
import { ERROR_CODES } from '../../shared/errors.js';

/** Schemas that several areas use. */

export const cropQuery = z.object({
  size: z
    .enum(['72', '144', '288'] as const satisfies readonly `${ThumbnailSide}`[])
    .transform((text) => Number(text) as ThumbnailSide)
    .optional()
    .describe('A square WebP thumbnail of this many pixels from the middle of the crop, instead of the crop.'),
});

export const box = z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).meta({
  id: 'Box',
  description: 'Pixels of the upright photo; x to the right, y down. May extend beyond the photo.',
});

const point = z.strictObject({ x: z.number(), y: z.number() }).meta({ id: 'Point' });

const landmarks = z
  .array(point)
  .length(5)
  .nullable()
  .describe('Left eye, right eye, nose, left and right mouth corner, as seen in the photo.');

export const image = z
  .strictObject({ width: z.int(), height: z.int() })
  .meta({ id: 'PictureSize', description: 'Size of the upright photo, pixels.' });

export const rotated = z
  .union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)])
  .describe(
    'How far the photo lies turned clockwise, degrees: with 90 the head points to the right. Faces are found and embedded upright, boxes and landmarks are in the photo as it was sent.',
  );

export const photoWarning = z
  .strictObject({ code: z.enum(PHOTO_WARNINGS), message: z.string() })
  .meta({ id: 'PhotoWarning' });

/** How a photo that was sent alone was searched. */
export const photoSearch = {
  image,
  rotated,
  smallestFace: z
    .int()
    .describe('Width of the smallest face that was looked for, pixels. Smaller ones are missing, and are not counted.'),
  warnings: z.array(photoWarning).describe('Remarks on the photo, which was used nevertheless.'),
};

export const confidence = z.number().min(0).max(1);
export const distance = z.number().min(0).describe('Plain Euclidean distance.');

const degrees = z.number().min(-180).max(180);
const pose = z.strictObject({ yaw: degrees, pitch: degrees, roll: degrees }).nullable();
const probability = z.number().min(0).max(1);

const attributes = z
  .strictObject({
    age: z.number().optional().describe('Years.'),
    gender: z
      .strictObject({ value: z.enum(GENDERS), probability: probability.describe('Of this value, 0.5 to 1.') })
      .optional(),
    expression: z
      .strictObject({
        value: z.enum(EXPRESSIONS).describe('The most probable.'),
        probabilities: z.strictObject(
          Object.fromEntries(EXPRESSIONS.map((name) => [name, probability])) as Record<
            (typeof EXPRESSIONS)[number],
            typeof probability
          >,
        ),
      })
      .optional(),
    pose: pose
      .optional()
      .describe('Of the upright photo, estimated, degrees; null if the detector gives no landmarks.'),
  })
  .meta({ id: 'FaceAttributes', description: 'Guesses of networks about a face: those that were asked for.' });

/** The properties of every face. */
export const face = {
  box,
  confidence,
  landmarks,
  attributes: attributes
    .optional()
    .describe('If the request asked for attributes; of the largest faces only, if there are too many.'),
};

const share = z.number().min(0).max(1);

export const quality = z
  .strictObject({
    score: share
      .optional()
      .describe(
        'How well the face suits recognition: its worst part. Below 0.5 a measure is beyond its limit. Absent for examples older than the score.',
      ),
    parts: z
      .strictObject({
        size: share,
        sharpness: share,
        light: share,
        pose: share,
        edge: share.describe('How far the face is from being cut by the edge of the photo.'),
        liveness: share.optional().describe('Absent where it was not computed.'),
      })
      .optional()
      .describe('0.5 is the limit of the warning, 1 is as good as it gets. Absent like the score.'),
    facePx: z.int().describe("Shorter side of the visible part of the face's box, pixels."),
    sharpness: z.number().min(0).describe('Variance of the Laplacian of the normalised face; below 10 it is blurred.'),
    brightness: z.number().min(0).max(1),
    contrast: z.number().min(0).max(0.5),
    pose: pose.describe('Estimated, degrees; null if the detector gives no landmarks.'),
  })
  .meta({ id: 'Quality' });

export const errorCode = z
  .enum(ERROR_CODES)
  .meta({ id: 'ErrorCode', description: 'Stable: clients may branch on it.' });

/** An error. */
export const problem = z
  .strictObject({
    code: errorCode,
    message: z.string().describe('A sentence for users.'),
    details: z.record(z.string(), z.unknown()).describe('Data, such as the boxes of the faces that were found.'),
  })
  .meta({ id: 'Problem' });

/** The body of every failed request. */
export const failure = z
  .strictObject({ error: problem, requestId: z.string().describe('As in the header X-Request-Id and in the log.') })
  .meta({ id: 'Failure' });
