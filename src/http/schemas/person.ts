import { z } from 'zod';
import { PERSON_EXAMPLE } from './examples.js';
import { confidence, quality } from './face.js';

/** Who is enrolled: replies. What may be asked and changed is in `person-requests.ts`. */

const json: z.ZodType<z.core.util.JSONType> = z
  .lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]))
  .meta({ id: 'Json', description: 'Any JSON value.' });

export const metadata = z
  .record(z.string(), json)
  .meta({ id: 'Metadata', description: 'A JSON object of your own, up to 16 KB.', examples: [{ floor: 3 }] });

const ownId = z.string().nullable().describe("The users' own id for the person, unique; null for none.");
export const groups = z.array(z.string());
const time = z.iso.datetime();

const summary = z
  .strictObject({ name: z.string(), id: ownId, groups, examples: z.int(), addedAt: time.nullable() })
  .meta({ id: 'PersonSummary' });

const listed = z
  .strictObject({
    ...summary.shape,
    thumbnail: z.string().nullable().describe('URL of a kept crop, from the root of the server.'),
  })
  .meta({ id: 'ListedPerson' });

export const people = z
  .strictObject({ people: z.array(listed), total: z.int(), page: z.int(), size: z.int() })
  .meta({ id: 'PeoplePage' });

const groupSize = z.strictObject({ name: z.string(), people: z.int() }).meta({ id: 'GroupSize' });
export const groupList = z.strictObject({ groups: z.array(groupSize) }).meta({ id: 'GroupList' });

const example = z
  .strictObject({
    id: z.string(),
    addedAt: time.nullable(),
    confidence: confidence.nullable(),
    quality: quality.nullable().describe('Null where the example is older than the measurement.'),
    crop: z.string().nullable().describe('URL of the kept crop, from the root of the server.'),
  })
  .meta({ id: 'Example' });

export const person = z
  .strictObject({ name: z.string(), id: ownId, metadata, groups, examples: z.array(example) })
  .meta({ id: 'Person', examples: [PERSON_EXAMPLE] });

const receipt = z
  .strictObject({
    id: z.string().describe('The audit log knows the erasure by it.'),
    erasedAt: time,
    person: z.string(),
    examples: z.array(z.string()).describe('Ids of the examples whose rows are gone.'),
    crops: z.int().describe('How many of them had a crop.'),
    files: z.array(z.string()).describe('Files that are gone, relative to the data folder.'),
    remaining: z.array(z.string()).describe('Files that the disk would not give up; they go with the next change.'),
    classifier: z
      .enum(['retraining', 'discarded', 'none'])
      .describe('What became of a classifier that was trained on them.'),
    elsewhere: z.array(z.string()).describe('Files with somebody of that name that are made of other photos.'),
    audit: z
      .strictObject({ line: z.int(), hash: z.string() })
      .nullable()
      .describe('The line of the audit log that says so, and its hash; null where no log is kept.'),
  })
  .meta({ id: 'Receipt', description: 'What was erased. It names the person, and is not kept by the server.' });

export const deletedPerson = z.strictObject({ deleted: summary, receipt }).meta({ id: 'ErasedPerson' });
export const deletedExample = z
  .strictObject({ deleted: z.strictObject({ name: z.string(), example: z.string() }), receipt })
  .meta({ id: 'ErasedExample' });
