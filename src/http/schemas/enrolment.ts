import { z } from 'zod';
import { QUALITY_WARNINGS } from '../../people/quality-gate.js';
import { ENROLMENT_EXAMPLE } from './examples.js';
import { face, quality } from './face.js';
import { problem } from './failure.js';

/** What became of photos that were sent to be enrolled. */

const warning = z.strictObject({ code: z.enum(QUALITY_WARNINGS), message: z.string() }).meta({ id: 'QualityWarning' });

const enrolled = z
  .strictObject({
    file: z.string().nullable().describe('The name of the file as it was sent.'),
    name: z.string(),
    example: z.string(),
    ...face,
    crop: z.string().describe('Path of the kept crop, relative to the data folder.'),
    embedding: z.string().describe("Path of the person's embeddings, relative to the data folder."),
    quality,
    warnings: z.array(warning).describe('What is wrong with the photo as an example; it was enrolled all the same.'),
  })
  .meta({ id: 'EnrolledPhoto' });

const rejected = z.strictObject({ file: z.string().nullable(), error: problem }).meta({ id: 'RejectedPhoto' });

export const upload = z
  .strictObject({ enrolled: z.array(enrolled), rejected: z.array(rejected) })
  .meta({ id: 'Enrolment', examples: [ENROLMENT_EXAMPLE] });
