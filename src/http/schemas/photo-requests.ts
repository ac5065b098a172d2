import { z } from 'zod';
import { metadata } from './person.js';

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
