import { z } from 'zod';
import { RECOGNITION_EXAMPLE } from './examples.js';
import { distance, face, image, problem } from './common.js';
import { groups, metadata } from './person.js';

/** What goes with photos: fields of the form, properties of the JSON body, or parameters of the query. */

export const faceParameter = z.coerce.number().int().min(0);
export const thresholdParameter = z.coerce.number().gt(0).max(2);
const flag = z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' });
export const sessionParameter = z
  .string()
  .regex(/^[\w-]{8,64}$/, 'give 8 to 64 letters, digits, hyphens or underscores');

/** A photo in a JSON document; what goes with it stands beside it. */
export const jsonPhoto = z.object({ image: z.string().describe('Data URL or base64.') });

const threshold = thresholdParameter.optional().describe("Greatest distance at which two faces are one person's.");

/** Of `/upload`; beyond the shape, `parsePersonDetails` says what an id, groups and metadata may be. */
export const uploadFields = z.object({
  name: z.string().optional().describe('Whose photos these are; else each is named after its file.'),
  id: z.string().optional().describe("The users' own id for the person."),
  group: z.array(z.string()).optional().describe('Groups that the person joins.'),
  metadata: metadata.optional().describe('Takes the place of the metadata of the person; as JSON in a form.'),
  face: faceParameter
    .optional()
    .describe('Which of several faces is meant: its place in `details.faces` of the refusal.'),
});

export const recognizeFields = z.object({
  threshold,
  duplicates: flag
    .optional()
    .describe('Whether several faces of the picture may have the same name. Else the nearest has it.'),
  group: z.string().optional().describe('Only people of this group can be named.'),
  details: flag.optional().describe('Whether groups and metadata come with a name.'),
  session: sessionParameter
    .optional()
    .describe('Which camera the frame is of. Whoever knows it continues it, so make it hard to guess.'),
});

export const verifyFields = z.object({ threshold });

/** A text message on `/live`. */
export const liveSettings = z
  .strictObject({
    threshold: thresholdParameter.nullable().default(null),
    duplicates: z.boolean().default(false),
    group: z.string().nullable().optional(),
    details: z.boolean().default(false),
  })
  .meta({ id: 'LiveSettings', description: 'A text message on the WebSocket `/live`: how its frames are looked at.' });

/** What is said of the faces in a photo or a frame. */

const recognizedFace = z
  .strictObject({
    ...face,
    name: z.string().nullable().describe('Null when nobody is within the threshold.'),
    id: z.string().nullable().describe("The users' own id for that person; null for none, and for nobody."),
    details: z.strictObject({ groups, metadata }).optional().describe('Of that person, where it was asked for.'),
    distance: distance.nullable(),
    threshold: z.number(),
    nearest: z.string().nullable().describe('The nearest person, within the threshold or not.'),
    runnerUp: z.strictObject({ name: z.string(), distance }).nullable(),
    margin: z.number().nullable().describe('How much further away the runner-up is.'),
    probability: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Of a trained matcher: the chance that the person it holds for likeliest is the right one.'),
    taken: z
      .string()
      .optional()
      .describe(
        'Who it would have been, had not another face of the picture been nearer to them; the rest is said as if they were not enrolled.',
      ),
  })
  .meta({ id: 'RecognizedFace' });

export const model = z
  .strictObject({
    detector: z.string(),
    embedder: z.string(),
    matcher: z.string().describe('Who answered: nearest, knn or svm.'),
    matcherNote: z.string().optional().describe('Why it was not the matcher that is set.'),
    engine: z.string(),
    provider: z.string(),
  })
  .meta({ id: 'Model', description: 'What looks at photos here.' });

const stages = { decode: z.number(), detect: z.number(), embed: z.number() };

export const recognition = z
  .strictObject({
    image,
    facesFound: z.int().describe('All faces that were found; `faces` has the largest where there are too many.'),
    faces: z.array(recognizedFace),
    model,
    timingsMs: z.strictObject({ ...stages, match: z.number(), total: z.number() }),
  })
  .meta({ id: 'Recognition', examples: [RECOGNITION_EXAMPLE] });

const followedFace = z
  .strictObject({
    ...recognizedFace.shape,
    track: z.int().describe('The same in every frame for as long as the face is followed.'),
    looks: z.int().describe('How many times it has been embedded; its name is decided over the last five.'),
  })
  .meta({ id: 'FollowedFace' });

export const liveRecognition = z
  .strictObject({
    ...recognition.shape,
    found: z
      .enum(['detected', 'followed'])
      .describe('Whether the whole frame was searched, or only the surroundings of the faces of the frame before.'),
    faces: z.array(followedFace),
  })
  .meta({ id: 'LiveRecognition' });

const frame = z.int().describe('Which frame of the connection, counted from 1.');

export const liveMessage = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('faces'), frame, ...liveRecognition.shape }),
    z.strictObject({ type: z.literal('dropped'), frame }),
    z.strictObject({ type: z.literal('error'), frame: frame.nullable(), error: problem }),
  ])
  .meta({ id: 'LiveMessage', description: 'What the WebSocket `/live` answers to each frame.' });

export const detection = z
  .strictObject({
    image,
    faces: z.array(z.strictObject(face).meta({ id: 'DetectedFace' })),
    timingsMs: z.strictObject({ decode: z.number(), detect: z.number() }),
  })
  .meta({ id: 'Detection' });

const compared = z.strictObject({ ...face, image, facesFound: z.int() }).meta({ id: 'ComparedFace' });
export const verification = z
  .strictObject({ same: z.boolean(), distance, threshold: z.number(), faces: z.array(compared).length(2) })
  .meta({ id: 'Verification' });
