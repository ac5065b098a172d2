import { z } from 'zod';
import { ATTRIBUTE_NAMES, type AttributeName } from '../../faces/attributes/attributes.js';
import { challenge } from './challenge.js';
import { RECOGNITION_EXAMPLE } from './examples.js';
import { distance, face, image, photoSearch, problem } from './common.js';
import { liveness } from '../../events/event.js';
import { LIVENESS_POLICIES } from '../../people/naming.js';
import { givenConsent, givenExpiry, groups, metadata } from './person.js';

/** Requests: fields of a form, properties of a JSON body, or query parameters. */

export const faceParameter = z.coerce.number().int().min(0);
export const thresholdParameter = z.coerce.number().gt(0).max(2);
const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });
export const sessionParameter = z
  .string()
  .regex(/^[\w-]{8,64}$/, 'give 8 to 64 letters, digits, hyphens or underscores');

/** A photo in a JSON body, next to the other fields. */
export const jsonPhoto = z.object({ image: z.string().describe('Data URL or base64.') });

const threshold = thresholdParameter.optional().describe('Largest distance of two faces of one person.');

/** Of `/upload`. `parsePersonDetails` validates id, groups and metadata. */
export const uploadFields = z.object({
  name: z.string().optional().describe('Name of the person on all photos; default: the name of each file.'),
  id: z.string().optional().describe('Your own id for the person.'),
  group: z.array(z.string()).optional().describe('Groups to add the person to.'),
  metadata: metadata.optional().describe('Replaces the metadata of the person; as JSON in a form.'),
  consent: givenConsent
    .optional()
    .describe('A basis, or JSON in a form; needed for new people with `CONSENT=required`.'),
  expires: givenExpiry.optional(),
  face: faceParameter
    .optional()
    .describe('Which of several faces to enrol: its index in `details.faces` of the error.'),
  webcam: flag
    .optional()
    .describe(
      'Whether the webcam of the page took the photos. With `LIVENESS_ENROL=1` they must show a living person.',
    ),
});

export const correctionFields = z.object({
  face: faceParameter
    .optional()
    .describe('Which of several faces is not the person: its index in `details.faces` of the error.'),
});

export const tiles = flag
  .optional()
  .describe(
    'Whether overlapping parts of a large photo are searched too, for small faces. SSD and Haar then take up to 40 times as long; the other detectors find such faces anyway.',
  );

const upright = flag
  .optional()
  .describe(
    'Whether the photo stands upright, as the picture of a camera does: other rotations are not tried, which saves time where no face is certain.',
  );

const isAttribute = (name: string): name is AttributeName => (ATTRIBUTE_NAMES as readonly string[]).includes(name);

/** Names, separated by commas. */
const attributes = z
  .string()
  .transform((text, context): readonly AttributeName[] => {
    const names = text.split(',').map((name) => name.trim());
    if (names.every(isAttribute)) return names;
    const unknown = names.find((name) => !isAttribute(name));
    context.addIssue(`"${unknown}" is none of ${ATTRIBUTE_NAMES.join(', ')}; give one or several, separated by commas`);
    return z.NEVER;
  })
  .optional()
  .describe(
    'What to guess about each face: age, gender, expression, pose, separated by commas. By default nothing is computed. Not for frames of a live session.',
  );

const livenessRule =
  'A server with `LIVENESS=require` judges every face and names only living ones, whatever a request says. By default the policy of the server.';

const livenessAsked = z
  .enum(LIVENESS_POLICIES)
  .optional()
  .describe(
    `Whether faces are judged to be living people: \`report\` adds \`live\`, \`require\` names only those that are, \`off\` saves the time. ${livenessRule}`,
  );

export const detectFields = z.object({
  tiles,
  upright,
  attributes,
  liveness: z
    .enum(['off', 'report'])
    .optional()
    .describe(`Whether faces are judged to be living people; \`off\` saves the time. ${livenessRule}`),
});

export const recognizeFields = z.object({
  threshold,
  duplicates: flag
    .optional()
    .describe('Whether several faces of a photo may get the same name. By default only the nearest gets it.'),
  group: z.string().optional().describe('Name only people of this group.'),
  details: flag.optional().describe('Whether to return groups and metadata with a name.'),
  session: sessionParameter
    .optional()
    .describe('The live session of the frame. Anyone who knows it can continue it, so make it hard to guess.'),
  tiles,
  upright,
  attributes,
  liveness: livenessAsked,
});

export const verifyFields = z.object({ threshold, attributes, liveness: livenessAsked });

/** A text message on `/live`. */
export const liveSettings = z
  .strictObject({
    threshold: thresholdParameter.nullable().default(null),
    duplicates: z.boolean().default(false),
    group: z.string().nullable().optional(),
    details: z.boolean().default(false),
    liveness: livenessAsked,
    challenge: z
      .string()
      .max(100)
      .nullable()
      .default(null)
      .describe('The id of a challenge that the following frames belong to; it ends with the next settings.'),
  })
  .meta({
    id: 'LiveSettings',
    description: 'A text message on the WebSocket `/live`: options for the following frames.',
  });

/** Replies. */

/** Two significant digits. */
const falseMatchRate = z.number().min(0).max(1).nullable();

const live = liveness.nullable().describe('Null where liveness is not judged.');

const withheld = z
  .literal('not_live')
  .optional()
  .describe('Set where `require`, of the server or the request, withholds the name: the face is not judged `live`.');

const recognizedFace = z
  .strictObject({
    ...face,
    live,
    withheld,
    name: z.string().nullable().describe('Null if no person is within the threshold.'),
    id: z.string().nullable().describe('Your own id for that person; null for none, and without a name.'),
    details: z.strictObject({ groups, metadata }).optional().describe('Of that person, if `details` was set.'),
    distance: distance.nullable(),
    threshold: z.number(),
    falseMatchRate: falseMatchRate.describe(
      'The share of strangers who would come this near to somebody in this gallery; null where it is not known.',
    ),
    nearest: z
      .string()
      .nullable()
      .describe('The nearest person; for a key of "recognise" null beyond the threshold, like the distance.'),
    runnerUp: z.strictObject({ name: z.string(), distance }).nullable(),
    margin: z.number().nullable().describe('Difference between the distances of the runner-up and the nearest.'),
    probability: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Of a trained matcher: the probability that its most likely person is the right one.'),
    taken: z
      .string()
      .optional()
      .describe(
        'The person that another face of the photo got because it is nearer. The other properties ignore this person.',
      ),
    excluded: z
      .array(z.string())
      .optional()
      .describe(
        'People who would have got the face, but it is nearer to one of their negatives than to their examples. The other properties ignore these people.',
      ),
  })
  .meta({ id: 'RecognizedFace' });

export const model = z
  .strictObject({
    detector: z.string(),
    embedder: z.string(),
    matcher: z.string().describe('The matcher in use: nearest, knn or svm.'),
    matcherNote: z.string().optional().describe('Why it is not the configured matcher.'),
    engine: z.string(),
    provider: z.string(),
    liveness: z
      .enum(LIVENESS_POLICIES)
      .describe('Whether faces were judged to be living people, and whether a name needed that.'),
  })
  .meta({ id: 'Model', description: 'The networks and the engine of this server.' });

const attributesTime = z.number().optional().describe('If the request asked for attributes.');
const stages = { decode: z.number(), detect: z.number(), embed: z.number(), attributes: attributesTime };

const facesOfPicture = {
  image,
  facesFound: z.int().describe('All faces that were found; `faces` has the largest ones if there are too many.'),
  faces: z.array(recognizedFace),
  model,
  timingsMs: z.strictObject({ ...stages, match: z.number(), total: z.number() }),
};

export const recognition = z
  .strictObject({ ...facesOfPicture, ...photoSearch })
  .meta({ id: 'Recognition', examples: [RECOGNITION_EXAMPLE] });

const followedFace = z
  .strictObject({
    ...recognizedFace.shape,
    track: z.int().describe('The same number in every frame while the face is followed.'),
    looks: z.int().describe('How often the face was embedded.'),
    goodLooks: z
      .int()
      .describe('How many of these looks had a quality that is enough for a name, which the last five of them decide.'),
    quality: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe(
        'Quality score of the face when it was last embedded, as `Quality.score`. Below 0.25 a look is too poor.',
      ),
    cutOff: z.boolean().describe('Whether the edge of the frame cuts the face: its name is uncertain.'),
  })
  .meta({ id: 'FollowedFace' });

export const liveRecognition = z
  .strictObject({
    ...facesOfPicture,
    found: z
      .enum(['detected', 'followed'])
      .describe('Whether the whole frame was searched, or only around the faces of the previous frame.'),
    faces: z.array(followedFace),
  })
  .meta({ id: 'LiveRecognition' });

const frame = z.int().describe('Number of the frame on this connection, from 1.');

export const liveMessage = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('faces'), frame, ...liveRecognition.shape }),
    z.strictObject({ type: z.literal('challenge'), frame, ...challenge.shape }),
    z.strictObject({ type: z.literal('dropped'), frame }),
    z.strictObject({ type: z.literal('error'), frame: frame.nullable(), error: problem }),
  ])
  .meta({ id: 'LiveMessage', description: 'The reply of the WebSocket `/live` to each frame.' });

export const detection = z
  .strictObject({
    ...photoSearch,
    faces: z.array(z.strictObject({ ...face, live }).meta({ id: 'DetectedFace' })),
    timingsMs: z.strictObject({ decode: z.number(), detect: z.number(), attributes: attributesTime }),
  })
  .meta({ id: 'Detection' });

const compared = z.strictObject({ ...face, live, ...photoSearch, facesFound: z.int() }).meta({ id: 'ComparedFace' });
export const verification = z
  .strictObject({
    same: z.boolean(),
    withheld,
    distance,
    threshold: z.number(),
    falseMatchRate: falseMatchRate.describe(
      'The share of pairs of strangers who are this near; null where it is not known.',
    ),
    faces: z.array(compared).length(2),
  })
  .meta({ id: 'Verification' });
